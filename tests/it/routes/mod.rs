//! One file for each resource, named as the URLs are.

mod appeals;
mod attachments;
mod backtests;
mod buyers;
mod cords;
pub(crate) mod enforcements;
mod events;
mod feedback;
mod generations;
mod health;
mod ledger;
mod marketplaces;
mod merchants;
mod orders;
mod past;
mod plugins;
mod probes;
mod reports;
mod snapshot;
mod statements;
mod verdicts;
mod webhooks;

use andon_tests::events::{DAY, NOW, good_orders, rated};
use andon_tests::{Backend, Client, Door, TestApp};

/// A shop called `m` with sixty orders in all windows, four of them with the worst of ratings; judged.
pub(crate) struct Shop {
    pub(crate) test: TestApp,
    pub(crate) door: Door,
    pub(crate) operator: Client,
}

/// Where [`Shop`]'s merchant is.
pub(crate) const MERCHANT: &str = "/v1/marketplaces/olist/merchants/m";

impl Shop {
    async fn open(backend: Backend) -> Self {
        let test = TestApp::new(backend).await;
        let mut events = good_orders("m", 60, NOW - 20 * DAY);
        events.extend((0..4).map(|i| rated(&format!("m-{i}"), 1, NOW - 15 * DAY)));
        test.accept(&events).await;
        test.drain().await;
        let door = Door::new(&test);
        let operator = door.operator();
        Self { test, door, operator }
    }
}

//! Messages on their way out: what is sent, how often, to whom, and what is never sent at all.

mod addresses;
mod confirmed;
mod failures;
mod killed;
mod sent;
mod stream;

use std::time::Duration;

use andon::setup::{NewMessage, RulesSetup};
use andon_tests::receiver::{Manner, Receiver, outward};
use andon_tests::{Backend, Client, Door, MARKET, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Where endpoints are set up.
const WEBHOOKS: &str = "/v1/marketplaces/olist/webhooks";

/// A secret of the tests'.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Time for an attempt that is to be answered.
const PATIENT: Duration = Duration::from_secs(15);

/// A marketplace without rules, a receiver on this machine, and an endpoint for it that wants everything.
struct Post {
    test: TestApp,
    door: Door,
    receiver: Receiver,
    endpoint: String,
}

impl Post {
    async fn open(backend: Backend, manner: Manner) -> Self {
        Self::with(backend, manner, PATIENT).await
    }

    async fn with(backend: Backend, manner: Manner, limit: Duration) -> Self {
        let test = TestApp::with(backend, outward(limit)).await;
        test.create_market(MARKET, RulesSetup::default()).await;
        let door = Door::new(&test);
        let receiver = Receiver::start(manner).await;
        let endpoint = set_up(&door.operator(), &receiver, json!({})).await;
        Self { test, door, receiver, endpoint }
    }

    /// An operator with a token that is good now, wherever the clock stands.
    fn operator(&self) -> Client {
        self.door.operator()
    }

    /// Puts messages of these kinds into the outbox.
    async fn put(&self, kinds: &[&str]) -> Vec<Uuid> {
        let messages = kinds.iter().enumerate().map(|(i, kind)| message(kind, &i.to_string()));
        self.test.app.put_messages(&self.test.market(), messages.collect()).await.unwrap()
    }

    /// Makes every attempt that is due; says how many.
    async fn deliver(&self) -> usize {
        self.test.app.deliverer().unwrap().due().await.unwrap()
    }

    /// The log of the endpoint's deliveries.
    async fn log(&self) -> Vec<Value> {
        let page = self.operator().get(&format!("{}/deliveries?limit=200", self.endpoint)).await.ok();
        page["items"].as_array().unwrap().clone()
    }

    /// The endpoint as it is now.
    async fn shown(&self) -> Value {
        self.operator().get(&self.endpoint).await.ok()
    }

    /// Ids of what was received, in order.
    fn ids(&self) -> Vec<String> {
        self.receiver.received().iter().map(|received| received.id().to_owned()).collect()
    }
}

/// Sets up an endpoint for a receiver and answers where it is.
async fn set_up(operator: &Client, receiver: &Receiver, with: Value) -> String {
    let mut body = json!({"url": receiver.url("127.0.0.1"), "secret": SECRET});
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    let made = operator.post(WEBHOOKS, &body).await;
    assert_eq!(made.status, 201, "{}", made.short());
    made.header("location").to_owned()
}

fn message(kind: &str, subject: &str) -> NewMessage {
    let data = json!({"listing": "l-1", "name": "käse \"2\""});
    NewMessage { kind: kind.into(), subject: subject.into(), merchant: None, data, confirm: false }
}

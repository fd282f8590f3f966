//! Backtests: at every moment what would have been played then, nothing from after it, nothing written, every fault shown.

mod faults;
mod look_ahead;
mod played;

use std::sync::Arc;

use andon::backtest::{Question, Report, run};
use andon::clock::Clock;
use andon::markets::Generation;
use andon_domain::ids::Instant;
use andon_tests::TestApp;
use andon_tests::events::{DAY, NOW, event, placed, rated};
use serde_json::{Value, json};

/// A component as a candidate, with settings.
async fn candidate(test: &TestApp, component: &[u8], of: &[(&str, &str)]) -> Arc<Generation> {
    let rules = test.app.registry.try_out(component.to_vec()).await.unwrap();
    let settings = of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Arc::new(test.app.tried_out(&test.market(), rules, &settings).await.unwrap())
}

async fn backtest(test: &TestApp, candidate: &Arc<Generation>, (from, to): (Instant, Instant), every: &str) -> Report {
    let (market, candidate, every) = (test.market(), candidate.clone(), every.parse().unwrap());
    let now = market.now(test.clock.now());
    let question = Question { market, candidate, from, to, every, now, bounds: test.app.backtests.bounds };
    run(test.app.store.clone(), question, Arc::default()).await.unwrap()
}

/// Hundreds of lives of eight merchants' orders over three months, with all that may befall an order, the same every time.
fn months() -> Vec<Value> {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let lives = proptest::collection::vec(crate::flow::life(), 160).new_tree(&mut runner).unwrap().current();
    let mut all = crate::flow::whole(&lives);
    // Five more shops, of which one sells ill from some day on, and one buyer rates again and again.
    for shop in 0..5i64 {
        for n in 0..30i64 {
            let (order, at) = (format!("s{shop}-{n}"), NOW - (80 - 2 * n - shop) * DAY);
            let mut bought = placed(&order, &format!("shop-{shop}"), at);
            bought["data"]["buyer"] = json!(format!("buyer-{}", n % 4));
            all.push(bought);
            if n % 7 != shop {
                all.push(event(
                    &format!("{order}-shipped"),
                    "order.shipped",
                    &order,
                    at + (1 + n % 3) * DAY,
                    json!({"tracking": "T1"}),
                ));
                all.push(event(
                    &format!("{order}-there"),
                    "order.delivered",
                    &order,
                    at + (5 + n % 9) * DAY,
                    json!({"tracking": "T1"}),
                ));
            }
            if n % 2 == 0 {
                all.push(rated(&order, if shop == 2 && n > 12 { 1 } else { 5 }, at + 14 * DAY));
            }
        }
    }
    all.retain(|event| event["time"].as_str().unwrap() <= andon_tests::events::rfc3339(NOW).as_str());
    all
}

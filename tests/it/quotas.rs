//! At most three ratings a buyer a month: in whatever order events come, are corrected and move orders, the same ratings count, in
//! sums, in evidence, in the marketplace's own figures, and at any moment played again.

use std::collections::BTreeMap;

use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, event, placed, rfc3339};
use andon_tests::{Backend, Client, Door, MARKET, Picture, TestApp, guests, on_both};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

async fn taobao(backend: Backend) -> TestApp {
    let test = TestApp::bare(backend).await;
    test.install(guests::taobao()).await;
    test.create_market(MARKET, RulesSetup { rules: Some("taobao".into()), ..RulesSetup::default() }).await;
    test
}

/// One order and its rating, as choices that shrink.
#[derive(Debug, Clone)]
struct Rated {
    merchant: u8,
    buyer: u8,
    /// Days before now on which it is delivered, and an earlier day that is reported besides.
    ago: i64,
    earlier: Option<i64>,
    mark: u8,
    states: Vec<&'static str>,
    /// Placed again: by whom and for whom, and whether that is dated first.
    again: Option<(u8, u8, bool)>,
}

fn rated() -> impl Strategy<Value = Rated> {
    let ago = || select(&[3i64, 3, 10, 10, 40, 41][..]);
    let states = prop::collection::vec(select(&["struck", "counted", "withdrawn"][..]), 0..3);
    let again = prop::option::weighted(0.3, (0u8..2, 0u8..2, any::<bool>()));
    let order = (0u8..2, 0u8..2, ago(), prop::option::weighted(0.2, ago()), 1u8..6, states, again);
    order.prop_map(|(merchant, buyer, ago, earlier, mark, states, again)| {
        let earlier = earlier.filter(|e| *e > ago);
        Rated { merchant, buyer, ago, earlier, mark, states, again }
    })
}

impl Rated {
    fn events(&self, number: usize) -> Vec<Value> {
        let order = format!("o{number}");
        let place = |id: &str, merchant: u8, buyer: u8, at| {
            let mut event = placed(&order, &format!("m{merchant}"), at);
            event["id"] = json!(format!("{order}-{id}"));
            event["data"]["buyer"] = json!(format!("b{buyer}"));
            event
        };
        let mut all = vec![place("1", self.merchant, self.buyer, NOW - 50 * DAY)];
        if let Some((merchant, buyer, first)) = self.again {
            all.push(place("2", merchant, buyer, NOW - if first { 51 } else { 49 } * DAY));
        }
        let mut say = |kind: &str, ago: i64, data: Value| {
            all.push(event(&format!("{order}-{}", all.len() + 10), kind, &order, NOW - ago * DAY, data));
        };
        for ago in [Some(self.ago), self.earlier].into_iter().flatten() {
            say("order.delivered", ago, json!({}));
        }
        let mark = self.mark;
        say(
            "feedback.left",
            self.earlier.unwrap_or(self.ago) - 1,
            json!({"rating": mark, "as_described": mark, "service": mark, "delivery": mark}),
        );
        for (i, state) in self.states.iter().enumerate() {
            say("feedback.changed", 1 - i as i64, json!({"state": state, "reason": "reviewed"}));
        }
        all
    }

    /// Merchant and buyer in the end.
    fn parties(&self) -> (u8, u8) {
        match self.again {
            // Whoever is named first has it; what the same merchant says last of the buyer holds.
            Some((merchant, buyer, true)) if merchant != self.merchant => (merchant, buyer),
            Some((merchant, buyer, false)) if merchant == self.merchant => (merchant, buyer),
            _ => (self.merchant, self.buyer),
        }
    }
}

/// What the ratings come to, worked out plainly: sum and number of marks by merchant, and of all.
fn expected(test: &TestApp, orders: &[Rated]) -> BTreeMap<Option<u8>, (i64, i64)> {
    let calendar = test.market().calendar;
    // By merchant, buyer and month: when, which order, its mark.
    let mut groups = BTreeMap::<(u8, u8, String), Vec<_>>::new();
    for (i, order) in orders.iter().enumerate() {
        if order.states.last().is_none_or(|state| *state == "counted") {
            let (merchant, buyer) = order.parties();
            let at = NOW - order.earlier.unwrap_or(order.ago) * DAY;
            let month = andon_domain::calendar::date_of(calendar.day_of(at)).format("%Y-%m").to_string();
            let key = test.app.keys.named(MARKET, "order", &format!("o{i}")).key;
            groups.entry((merchant, buyer, month)).or_default().push((at, key, i64::from(order.mark)));
        }
    }
    let mut sums = BTreeMap::new();
    for ((merchant, ..), mut ratings) in groups {
        ratings.sort_unstable();
        for whose in [Some(merchant), None] {
            let sum = sums.entry(whose).or_insert((0, 0));
            *sum = ratings.iter().take(3).fold(*sum, |(marks, n), (.., mark)| (marks + mark, n + 1));
        }
    }
    sums
}

/// A merchant's `described`, as it stands or played again.
async fn described(operator: &Client, merchant: &str, as_of: &str) -> Value {
    metric(&operator.get(&format!("/v1/marketplaces/{MARKET}/merchants/{merchant}/health{as_of}")).await.ok())
}

fn metric(health: &Value) -> Value {
    health["metrics"].as_array().unwrap().iter().find(|m| m["code"] == "described").unwrap().clone()
}

fn figures(metric: &Value) -> (i64, i64) {
    (metric["numerator"].as_i64().unwrap(), metric["denominator"].as_i64().unwrap())
}

async fn agrees(test: &TestApp, orders: &[Rated]) {
    let operator = Door::new(test).operator();
    let expected = expected(test, orders);
    for merchant in 0..2u8 {
        let reference = format!("m{merchant}");
        if test.app.store.merchant(test.market().id, &reference).await.unwrap().is_none() {
            continue;
        }
        let live = described(&operator, &reference, "").await;
        let played = described(&operator, &reference, &format!("?as_of={}", rfc3339(NOW))).await;
        let wanted = expected.get(&Some(merchant)).copied().unwrap_or_default();
        assert_eq!((figures(&live), figures(&played)), (wanted, wanted), "{reference}");
        // A verdict keeps what its peers were when it was given; asked anew, they are what they are now.
        let path = format!("/v1/marketplaces/{MARKET}/merchants/{reference}/health/what-if");
        let anew = operator.post(&path, &json!({"add": {}})).await.ok();
        let peers = expected.get(&None).map(|(marks, n)| *marks as f64 / *n as f64);
        assert_eq!(metric(&anew)["peers"].as_f64(), peers, "{reference}");
    }
}

fn the_same_count_however_they_come(backend: Backend) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 6, max_shrink_iters: 30, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = prop::collection::vec(rated(), 1..16).prop_flat_map(|orders| {
        let events: Vec<Value> = orders.iter().enumerate().flat_map(|(i, order)| order.events(i)).collect();
        (
            Just(orders),
            Just(events.clone()),
            Just(events).prop_shuffle(),
            prop::collection::vec((1usize..20, any::<bool>()), 1..6),
        )
    });
    let outcome = proptest::test_runner::TestRunner::new(config).run(&strategy, |(orders, plain, shuffled, batches)| {
        runtime.block_on(async {
            let at_once = taobao(backend).await;
            at_once.accept(&plain).await;
            at_once.drain().await;
            let bit_by_bit = taobao(backend).await;
            let mut rest = &shuffled[..];
            for (size, judge) in batches.iter().cycle() {
                let (batch, later) = rest.split_at((*size).min(rest.len()));
                bit_by_bit.accept(batch).await;
                if *judge {
                    bit_by_bit.drain().await;
                }
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            bit_by_bit.drain().await;
            for test in [&at_once, &bit_by_bit] {
                let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
                assert_eq!((audit.events, audit.differences), (plain.len(), vec![]));
                agrees(test, &orders).await;
            }
            let (plain, other) = (Picture::of(&at_once).await, Picture::of(&bit_by_bit).await);
            prop_assert_eq!(&plain.tallies, &other.tallies);
            prop_assert_eq!(&plain.evidence, &other.evidence);
            Ok(())
        })
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_same_ratings_count_however_they_come_on_sqlite() {
    the_same_count_however_they_come(Backend::Sqlite);
}

#[test]
fn the_same_ratings_count_however_they_come_on_postgres() {
    the_same_count_however_they_come(Backend::Postgres);
}

/// Four bad ratings by one buyer, a day after another.
fn four() -> Vec<Rated> {
    let order = |ago| Rated { merchant: 0, buyer: 0, ago, earlier: None, mark: 1, states: Vec::new(), again: None };
    [12, 11, 10, 9].map(order).into()
}

on_both! {
    async fn the_fourth_is_shown_with_the_reason_and_counts_once_another_is_struck(backend) {
        let test = taobao(backend).await;
        let mut orders = four();
        test.accept(&orders.iter().enumerate().flat_map(|(i, o)| o.events(i)).collect::<Vec<_>>()).await;
        test.drain().await;
        agrees(&test, &orders).await;
        let operator = Door::new(&test).operator();
        let excluded = async || {
            let path = format!("/v1/marketplaces/{MARKET}/merchants/m0/health/evidence?metric=described");
            let items = operator.get(&path).await.ok()["items"].clone();
            let shown = |item: &Value| (item["order"].as_str().unwrap().to_owned(), item["excluded"]["code"].as_str().map(str::to_owned));
            items.as_array().unwrap().iter().map(shown).collect::<BTreeMap<_, _>>()
        };
        let of = |codes: [Option<&str>; 4]| (0..4).map(|i| (format!("o{i}"), codes[i].map(str::to_owned))).collect::<BTreeMap<_, _>>();
        assert_eq!(excluded().await, of([None, None, None, Some("beyond-three-a-month")]));
        let live = described(&operator, "m0", "").await;
        assert_eq!((figures(&live), &live["excluded"]), ((3, 3), &json!({"numerator": 1, "value_with": 1.0})));

        let strike = |state: &str, ago: i64| event(&format!("s-{ago}"), "feedback.changed", "o1", NOW - ago * DAY, json!({"state": state, "reason": "abuse"}));
        test.accept(&[strike("struck", 2)]).await;
        test.drain().await;
        orders[1].states = vec!["struck"];
        agrees(&test, &orders).await;
        assert_eq!(excluded().await, of([None, Some("feedback-struck"), None, None]));
        // Before it was struck the fourth did not count, and played again it does not.
        let before = described(&operator, "m0", &format!("?as_of={}", rfc3339(NOW - 3 * DAY))).await;
        assert_eq!((figures(&before), &before["peers"]), ((3, 3), &Value::Null));

        test.accept(&[strike("counted", 1)]).await;
        test.drain().await;
        orders[1].states = vec!["counted"];
        agrees(&test, &orders).await;
        assert_eq!(excluded().await, of([None, None, None, Some("beyond-three-a-month")]));
    }

    async fn new_rules_and_a_restart_come_to_the_same(backend) {
        let test = taobao(backend).await;
        let orders = four();
        test.accept(&orders.iter().enumerate().flat_map(|(i, o)| o.events(i)).collect::<Vec<_>>()).await;
        test.drain().await;
        let before = Picture::of(&test).await;
        let setup = json!({"settings": {"points-low": 5}});
        let admin = Door::new(&test).operator();
        admin.patch(&format!("/v1/marketplaces/{MARKET}"), &setup).await.ok();
        test.drain().await;
        agrees(&test, &orders).await;
        drop(admin);
        let test = test.restarted().await;
        let after = Picture::of(&test).await;
        assert_eq!((after.tallies, after.evidence), (before.tallies, before.evidence));
        agrees(&test, &orders).await;
    }
}

//! Rolling out by a stable share of merchants, and stopping by itself.

use std::collections::BTreeMap;

use andon_domain::band::{Band, Bounds};
use andon_domain::rollout::{Plan, State};
use andon_tests::{Door, MARKET, TestApp, guests, on_both};
use serde_json::{Value, json};

use super::{LENIENT, begin, lines, roll_back, ruled_by, share, shops, standing, state, wanted, with_standing};

fn band(standing_changes: Option<f64>, faults: Option<f64>) -> Band {
    let at_most = |max| Bounds { min: None, max };
    Band { new_breaches: at_most(None), faults: at_most(faults), standing_changes: at_most(standing_changes), merchants: 20 }
}

/// Standings that moved as the ledger has them, oldest first: who moved each, why, and what is said of it. The messages say the
/// same, to the same merchants, and the last that is said of each bad merchant is how it stands.
async fn moves(test: &TestApp) -> Vec<(String, String, Value)> {
    let wanted = andon::store::ledger::Wanted { kind: Some("standing.moved".into()), ..Default::default() };
    let mut entries = test.app.store.ledger(test.market().id, &wanted, None, 10_000).await.unwrap();
    entries.reverse();
    let whole = |merchant: &str, about: &str, data: &str| format!("{merchant} {about} {data}");
    let entered: Vec<String> =
        entries.iter().map(|e| whole(e.merchant.as_ref().unwrap(), &e.about, e.after.as_ref().unwrap())).collect();
    let sql = "select m.ref || ' ' || o.subject || ' ' || o.data from outbox o join merchants m on m.id = o.merchant
        where o.kind = 'standing.moved' order by o.id";
    assert_eq!(lines(test, sql).await, entered);
    let moves: Vec<(String, String, Value)> =
        entries.into_iter().map(|e| (e.actor, e.reason, serde_json::from_str(&e.after.unwrap()).unwrap())).collect();
    let last: BTreeMap<&str, &Value> = moves.iter().map(|(.., data)| (data["merchant"].as_str().unwrap(), data)).collect();
    let last: Vec<String> = last
        .iter()
        .map(|(merchant, data)| format!("{merchant} {} {}", data["standing"].as_str().unwrap(), data["level"].as_str().unwrap()))
        .collect();
    let mut rows = lines(test, "select ref || ' ' || standing || ' ' || level from merchants where ref like 'bad-%'").await;
    rows.sort();
    assert_eq!(last, rows);
    moves
}

on_both! {
    async fn a_share_is_stable_and_lies_within_every_larger_one(backend) {
        let test = shops(backend, 15).await;
        let id = begin(&test, wanted(&LENIENT, share(10))).await;
        test.drain().await;
        let ten = ruled_by(&test, id).await;
        assert!(ten.len() < 15, "about three of thirty: {ten:?}");
        begin(&test, wanted(&LENIENT, share(50))).await;
        test.drain().await;
        let fifty = ruled_by(&test, id).await;
        assert!(ten.iter().all(|m| fifty.contains(m)) && (5..=25).contains(&fifty.len()), "{ten:?} {fifty:?}");
        let at_risk: Vec<String> = fifty.iter().filter(|m| m.starts_with("bad")).cloned().collect();
        assert_eq!(with_standing(&test, "at-risk").await, at_risk, "the others are judged as before");

        let test = test.restarted().await;
        begin(&test, wanted(&LENIENT, share(10))).await;
        test.drain().await;
        assert_eq!(ruled_by(&test, id).await, ten, "drawn once and for all");
        begin(&test, wanted(&LENIENT, share(100))).await;
        test.drain().await;
        assert_eq!((ruled_by(&test, id).await.len(), state(&test, id)), (30, Some(State::Active)));
        assert_eq!(with_standing(&test, "at-risk").await.len(), 15);
    }

    async fn a_roll_out_that_leaves_its_band_stops_and_takes_everything_back(backend) {
        let test = shops(backend, 12).await;
        let before = standing(&test).await;
        test.clock.advance(1_000);
        // Half of all merchants change their standing.
        let id = begin(&test, wanted(&LENIENT, Plan { band: Some(band(Some(0.49), None)), ..share(50) })).await;
        test.drain().await;
        assert_eq!((standing(&test).await, state(&test, id)), (before.clone(), Some(State::Shadow)));
        let operator = Door::new(&test).operator();
        let shown = operator.get(&format!("/v1/marketplaces/{MARKET}/generations/{id}")).await.ok();
        assert_eq!(shown["stopped"], "standing changes: 12 of 24 merchants, which is more than 0.49");

        begin(&test, wanted(&LENIENT, Plan { band: Some(band(Some(0.5), Some(0.0))), ..share(50) })).await;
        test.drain().await;
        assert_eq!(state(&test, id), Some(State::RollingOut), "within its band it goes on");
        assert_ne!(standing(&test).await, before);
        roll_back(&test).await;
        assert_eq!((standing(&test).await, state(&test, id)), (before, Some(State::Shadow)));
    }

    async fn standings_that_are_taken_back_are_entered_and_told(backend) {
        let test = shops(backend, 12).await;
        let is_back = |data: &Value| data.get("taken_back").is_some();
        assert!(!moves(&test).await.iter().any(|(.., data)| is_back(data)));
        test.clock.advance(1_000);
        let id = begin(&test, wanted(&LENIENT, Plan { band: Some(band(Some(0.49), None)), ..share(50) })).await;
        test.drain().await;
        let back: Vec<_> = moves(&test).await.into_iter().filter(|(.., data)| is_back(data)).collect();
        assert!(!back.is_empty() && back.iter().all(|(actor, ..)| actor == "andon"), "it stopped by itself: {back:?}");

        test.clock.advance(1_000);
        begin(&test, wanted(&LENIENT, share(50))).await;
        test.drain().await;
        let (mut eased, before) = (with_standing(&test, "at-risk").await, moves(&test).await.len());
        eased.sort();
        assert!(!eased.is_empty());
        test.clock.advance(1_000);
        roll_back(&test).await;
        let all = moves(&test).await;
        let operator = Door::new(&test).operator();
        let mut told = Vec::new();
        for (actor, reason, data) in &all[before..] {
            let merchant = data["merchant"].as_str().unwrap();
            assert_eq!((actor.as_str(), reason), ("somebody", &format!("what generation {id} decided is taken back")));
            assert_eq!((&data["before"], &data["standing"]), (&json!("at-risk"), &json!("restricted")));
            assert_eq!(data["taken_back"], id);
            let health = operator.get(&format!("/v1/marketplaces/{MARKET}/merchants/{merchant}/health")).await.ok();
            assert_eq!((&data["verdict"], &data["score"]), (&health["verdict"], &health["score"]));
            let reasons: Vec<&Value> = health["reasons"].as_array().unwrap().iter().map(|why| &why["code"]).collect();
            assert_eq!((reasons.is_empty(), &data["reasons"]), (false, &json!(reasons)), "for the same reasons as before");
            told.push(merchant);
        }
        told.sort_unstable();
        assert_eq!(told, eased);
        test.drain().await;
        assert_eq!(moves(&test).await.len(), all.len(), "each once");
    }

    async fn faults_stop_a_roll_out(backend) {
        let test = shops(backend, 12).await;
        test.install(guests::hostile()).await;
        let before = standing(&test).await;
        let plan = Plan { band: Some(band(None, Some(0.0))), ..share(50) };
        let id = begin(&test, andon::setup::Wanted { rules: "hostile@0.1.0".into(), ..wanted(&[("mode", "trap")], plan) }).await;
        test.drain().await;
        assert_eq!((standing(&test).await, state(&test, id)), (before, Some(State::Shadow)));
        let row = test.app.store.generation(id).await.unwrap().unwrap();
        assert_eq!(row.entry.stopped.as_deref(), Some("new faults: 24 of 24 merchants, which is more than 0"));
        let health = Door::new(&test).operator().get("/v1/marketplaces/olist/merchants/bad-0/health").await.ok();
        assert_eq!(health["stale"], json!(false), "whom it failed is judged by the rules before");
    }

    async fn orders_that_cannot_be_classified_stop_a_roll_out(backend) {
        let test = shops(backend, 12).await;
        test.install(guests::hostile()).await;
        let plan = Plan { band: Some(band(None, Some(0.0))), ..share(50) };
        let blind = wanted(&[("mode", "trap-at-classify")], plan);
        let id = begin(&test, andon::setup::Wanted { rules: "hostile@0.1.0".into(), ..blind }).await;
        test.drain().await;
        assert_eq!(state(&test, id), Some(State::Shadow));
        let row = test.app.store.generation(id).await.unwrap().unwrap();
        assert_eq!(row.entry.stopped.as_deref(), Some("new faults: 24 of 24 merchants, which is more than 0"));
    }

    async fn each_merchant_is_shown_the_rules_that_judge_it(backend) {
        let test = shops(backend, 8).await;
        let id = begin(&test, wanted(&LENIENT, share(50))).await;
        test.drain().await;
        let operator = Door::new(&test).operator();
        let drawn = ruled_by(&test, id).await;
        for merchant in (0..8).map(|i| format!("bad-{i}")) {
            let health = operator.get(&format!("/v1/marketplaces/olist/merchants/{merchant}/health")).await.ok();
            let expected = if drawn.contains(&merchant) { "at-risk" } else { "restricted" };
            assert_eq!((&health["standing"]["code"], &health["stale"]), (&json!(expected), &json!(false)), "{merchant}");
            let played = operator.post(&format!("/v1/marketplaces/olist/merchants/{merchant}/health/what-if"), &json!({"add": {}})).await.ok();
            assert_eq!(played["standing"]["projected"], expected, "{merchant}");
        }
    }
}

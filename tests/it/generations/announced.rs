//! Announced rules: until their day merchants see how they will stand beside how they stand, and are told once.

use andon::ledger::Cause;
use andon::markets::ClockKind;
use andon::setup::{NewMarket, RulesSetup};
use andon_domain::rollout::State;
use andon_tests::events::{DAY, NOW, good_orders, placed, rated, rfc3339};
use andon_tests::{Door, MARKET, TestApp, guests, on_both};
use serde_json::{Value, json};

use super::{LENIENT, lines, shops, standing, state, with_standing};

const ACTIVATE: &str = "/v1/plugins/amazon/versions/0.1.0/activate";

fn announcement(effective_at: i64) -> Value {
    json!({"marketplace": MARKET, "settings": {"preview-days": 31}, "effective_at": rfc3339(effective_at), "note": "We act later."})
}

/// A marketplace whose clock is its latest event: one merchant at risk, judged.
async fn by_events(backend: andon_tests::Backend) -> TestApp {
    let test = TestApp::bare(backend).await;
    test.install(guests::amazon()).await;
    let text = str::to_owned;
    let rules = RulesSetup { rules: Some(text("amazon")), ..RulesSetup::default() };
    let (code, name, currency, time_zone) = (text(MARKET), text("Olist"), text("BRL"), text("America/Sao_Paulo"));
    let new = NewMarket { code, name, currency, time_zone, locale: text("en"), clock: ClockKind::LatestEvent, rules };
    test.app.create_market(new, Cause::host("")).await.unwrap();
    let mut events = good_orders("bad", 30, NOW - 40 * DAY);
    events.extend((0..3).map(|n| rated(&format!("bad-{n}"), 1, NOW - 35 * DAY)));
    events.push(placed("tick", "other", NOW - 20 * DAY));
    test.accept(&events).await;
    test.drain().await;
    // A verdict is shown the standing before it, so the second is the one that stays.
    test.accept(&[placed("more", "bad", NOW - 36 * DAY), placed("tack", "other", NOW - 20 * DAY)]).await;
    test.drain().await;
    test
}

on_both! {
    async fn announced_rules_are_seen_before_their_day_and_judge_from_it_on(backend) {
        let test = by_events(backend).await;
        let (door, today) = (Door::new(&test), NOW - 20 * DAY);
        let operator = door.operator();
        let health = async || door.operator().get("/v1/marketplaces/olist/merchants/bad/health").await.ok();
        let before = standing(&test).await;
        assert_eq!((&health().await["coming"], &health().await["standing"]["code"]), (&json!(null), &json!("restricted")));

        let soon = operator.post(ACTIVATE, &announcement(today + 15 * DAY - 1)).await;
        assert_eq!(soon.short(), "422 invalid effective_at");
        assert!(soon.json()["detail"].as_str().unwrap().contains(&rfc3339(today + 15 * DAY).replace(".000", "")), "{}", soon.json());
        let mut shared = announcement(today + 15 * DAY);
        shared["share"] = json!(10);
        assert_eq!(operator.post(ACTIVATE, &shared).await.short(), "422 invalid share", "everybody would be told");
        let begun = operator.post(ACTIVATE, &announcement(today + 15 * DAY)).await.ok();
        assert_eq!((&begun["state"], &begun["effective_at"]), (&json!("announced"), &json!(rfc3339(today + 15 * DAY).replace(".000", ""))));
        test.drain().await;
        assert_eq!(standing(&test).await, before, "nothing has moved yet");
        let seen = health().await;
        let coming = &seen["coming"];
        assert_eq!((&coming["standing"]["standing"], &coming["note"], &coming["difference"]["direction"]), (&json!("at-risk"), &json!("We act later."), &json!("better")));
        assert!(coming["metrics"].as_array().unwrap().iter().any(|m| m["code"] == "odr" && m["status"] == "breached"));
        let merchant = door.merchant("bad");
        assert_eq!(merchant.get("/v1/marketplaces/olist/merchants/bad/health").await.ok(), seen, "the merchant sees the same");

        let notices = merchant.get("/v1/marketplaces/olist/merchants/bad/notices").await.ok();
        let notice = &notices["items"][0];
        assert_eq!((notices["items"].as_array().unwrap().len(), &notice["kind"]), (1, &json!("rules-announced")));
        let particulars = &notice["particulars"];
        assert_eq!((&particulars["today"]["standing"], &particulars["coming"]["standing"]), (&json!("restricted"), &json!("at-risk")));
        assert_eq!((&particulars["rules"]["version"], &particulars["note"]), (&json!("0.1.0"), &json!("We act later.")));
        assert_eq!(particulars["difference"]["direction"], "better", "in the words of the API");
        assert_eq!(merchant.get("/v1/marketplaces/olist/merchants/other/notices").await.short(), "404 not-found");
        let told = lines(&test, "select kind || ' ' || subject || ' ' || data from outbox where kind like 'rules.%' order by subject").await;
        assert!(told.len() == 2 && told[0].starts_with("rules.announced bad {") && told[1].starts_with("rules.announced other {"), "{told:?}");
        assert!(told[0].contains("\"note\":\"We act later.\"") && told[0].contains("\"direction\":\"better\""), "{told:?}");

        // The day before, by the latest event, whatever the wall clock says.
        let id = begun["id"].as_i64().unwrap();
        test.clock.advance(60 * DAY);
        test.accept(&[placed("tock", "other", today + 15 * DAY - 1)]).await;
        test.drain().await;
        assert_eq!(state(&test, id), Some(State::Announced));
        test.accept(&[placed("ding", "other", today + 15 * DAY)]).await;
        test.drain().await;
        assert_eq!((state(&test, id), &health().await["coming"]), (Some(State::Active), &json!(null)));
        assert_eq!(test.market().settings["preview-days"], LENIENT[0].1);
        let notices = door.operator().get("/v1/marketplaces/olist/merchants/bad/notices").await.ok();
        assert_eq!(notices["items"].as_array().unwrap().len(), 1, "once");
    }

    async fn what_is_cancelled_is_withdrawn(backend) {
        let test = shops(backend, 1).await;
        let door = Door::new(&test);
        let operator = door.operator();
        operator.patch("/v1/marketplaces/olist", &json!({"notice_days": 3})).await.ok();
        let begun = operator.post(ACTIVATE, &announcement(NOW + 3 * DAY)).await.ok();
        test.drain().await;
        let other = json!({"marketplace": MARKET, "settings": {"preview-days": 2}, "effective_at": rfc3339(NOW + 9 * DAY)});
        assert_eq!(operator.post(ACTIVATE, &other).await.short(), "409 conflict");
        let sooner = json!({"marketplace": MARKET, "settings": {"preview-days": 31}});
        assert_eq!(operator.post(ACTIVATE, &sooner).await.short(), "409 conflict", "merchants were told another day");
        let cancelled = operator.post(&format!("/v1/marketplaces/olist/generations/{}/cancel", begun["id"]), &json!({})).await.ok();
        assert_eq!((&cancelled["state"], &cancelled["stopped"]), (&json!("retiring"), &json!("cancelled by somebody")));
        test.clock.advance(4 * DAY);
        test.drain().await;
        let operator = door.operator();
        for merchant in ["bad-0", "good-0"] {
            let notices = operator.get(&format!("/v1/marketplaces/olist/merchants/{merchant}/notices")).await.ok();
            let kinds: Vec<_> = notices["items"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap()).collect();
            assert_eq!(kinds, ["rules-withdrawn", "rules-announced"], "{merchant}");
        }
        let told = lines(&test, "select kind || ' ' || subject from outbox where kind like 'rules.%' order by kind, subject").await;
        assert_eq!(told, ["rules.announced bad-0", "rules.announced good-0", "rules.withdrawn bad-0", "rules.withdrawn good-0"]);
        let health = operator.get("/v1/marketplaces/olist/merchants/bad-0/health").await.ok();
        assert_eq!(health["coming"], json!(null));
        // Another generation of the same rules is another announcement.
        assert_eq!(with_standing(&test, "restricted").await, ["bad-0"]);
        let again = operator.post(ACTIVATE, &announcement(NOW + 9 * DAY)).await.ok();
        assert_ne!(again["id"], begun["id"]);
    }
}

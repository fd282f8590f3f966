//! What is entered, by whom, why, and with what before and after; and that nothing is where nothing changed.

use andon::setup::RulesSetup;
use andon_domain::ledger::Record;
use andon_tests::events::{DAY, NOW, placed};
use andon_tests::{Door, TestApp, guests, on_both};
use serde_json::{Value, json};

use super::{MARKET, changed, entries, problems, struck};

/// An entry in short: kind, about, actor, reason.
fn short(entry: &Record) -> [&str; 4] {
    [&entry.kind, &entry.about, &entry.actor, &entry.reason]
}

fn sides(entry: &Record) -> [Value; 2] {
    [&entry.before, &entry.after].map(|side| side.as_ref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap()))
}

on_both! {
    async fn a_set_up_is_entered_with_what_changed_and_nothing_else(backend) {
        let test = TestApp::new(backend).await;
        let door = Door::new(&test);
        let operator = door.operator();
        let path = "/v1/marketplaces/olist";
        let first = test.market().generation.as_ref().unwrap().id;
        let change = json!({"settings": {"preview-days": 31}, "overrides": {"odr": {"target": 0.02}},
            "action_modes": {"warning": "review"}, "reason": "we act later"});
        operator.patch(path, &change).await.ok();
        operator.patch(path, &json!({"overrides": {"odr": null}, "reason": "as it was"})).await.ok();
        operator.patch(path, &json!({"name": "Olist", "reason": "nothing"})).await.ok();
        let second = test.market().generation.as_ref().unwrap().id;
        let generation = [first, second].map(|id| id.to_string());
        let entered = entries(&test, MARKET).await;
        let expected = [
            ["marketplace.created", MARKET, "operator", "a test"],
            ["rules.activated", &generation[0], "operator", "a test"],
            ["marketplace.changed", MARKET, "somebody", "we act later"],
            ["rules.begun", &generation[1], "somebody", "we act later"],
            ["marketplace.changed", MARKET, "andon", "it is built"],
            ["rules.superseded", &generation[0], "andon", "it is built"],
            ["rules.activated", &generation[1], "andon", "it is built"],
            ["marketplace.changed", MARKET, "somebody", "as it was"],
        ];
        assert_eq!(entered.iter().map(short).collect::<Vec<_>>(), expected);
        let [before, after] = sides(&entered[0]);
        assert_eq!((&before, &after["name"], &after["rules"], &after["generation"]), (&json!(null), &json!("Olist"), &json!("amazon"), &json!(first)));
        assert_eq!(sides(&entered[1])[1]["rules"], "amazon@0.1.0");
        assert_eq!(sides(&entered[2]), [json!({"action_modes.warning": null, "overrides.odr": null}),
            json!({"action_modes.warning": "review", "overrides.odr": {"target": 0.02}})]);
        let begun = &sides(&entered[3])[1];
        assert_eq!((&begun["state"], &begun["settings.preview-days"]), (&json!("building"), &json!("31")));
        assert_eq!(sides(&entered[4]), [json!({"generation": first, "settings.preview-days": null}),
            json!({"generation": second, "settings.preview-days": "31"})]);
        assert_eq!(sides(&entered[6]), [json!({"state": "building"}), json!({"state": "active"})]);
        assert_eq!(sides(&entered[7]), [json!({"overrides.odr": {"target": 0.02}}), json!({"overrides.odr": null})]);
        assert!(entered.iter().all(|e| e.at == NOW && e.merchant.is_none()));
        assert_eq!(problems(&test).await, [""; 0]);

        assert_eq!(operator.patch(path, &json!({"reason": " "})).await.short(), "422 invalid reason");
        assert_eq!(operator.patch(path, &json!({"notice_days": 999, "reason": "no"})).await.short(), "422 invalid notice_days");
        assert_eq!(entries(&test, MARKET).await.len(), expected.len());
    }

    async fn rules_are_followed_from_their_first_day_to_their_last(backend) {
        let test = TestApp::new(backend).await;
        let (door, first) = (Door::new(&test), test.market().generation.as_ref().unwrap().id);
        let operator = door.operator();
        let version = "/v1/plugins/amazon/versions/0.1.0";
        let body = json!({"marketplace": MARKET, "settings": {"preview-days": 31}, "note": "look first"});
        let id = operator.post(&format!("{version}/activate"), &body).await.ok()["id"].clone();
        let back = json!({"marketplace": MARKET});
        operator.post(&format!("{version}/rollback"), &back).await.ok();
        operator.post(&format!("/v1/marketplaces/olist/generations/{id}/cancel"), &json!({})).await.ok();
        test.drain().await;
        let (first, id) = (first.to_string(), id.to_string());
        let entered = entries(&test, MARKET).await;
        let rules: Vec<_> = entered.iter().filter(|e| e.kind.starts_with("rules.")).map(short).collect();
        assert_eq!(rules[1..], [
            ["rules.begun", &id, "somebody", "look first"],
            ["rules.superseded", &first, "andon", "it is built"],
            ["rules.activated", &id, "andon", "it is built"],
            ["rules.activated", &first, "somebody", "rolled back"],
            ["rules.superseded", &id, "somebody", "rolled back"],
            ["rules.withdrawn", &id, "somebody", ""],
            ["rules.removed", &id, "andon", "nothing that it made is left"],
        ]);
        assert_eq!(problems(&test).await, [""; 0]);
    }

    async fn feedback_is_entered_for_its_merchant_once_for_each_event(backend) {
        let test = struck(backend).await;
        // Again, late, of nobody in particular, and before its order.
        test.accept(&[changed("a", 0, "struck", Some("reviewer-1"))]).await;
        test.accept(&[changed("a", -5, "withdrawn", None)]).await;
        test.accept(&[changed("new", 0, "removed", Some("reviewer-1"))]).await;
        test.accept(&[placed("new", "m", NOW - 9 * DAY)]).await;
        let entered = entries(&test, MARKET).await;
        assert_eq!(entered[1..].iter().map(short).collect::<Vec<_>>(), [
            ["feedback.struck", "a", "reviewer-1", "for struck"],
            ["feedback.struck", "b", "reviewer-1", "for struck"],
            ["feedback.restored", "a", "reviewer-2", "for counted"],
            ["feedback.withdrawn", "a", "/tests", "for withdrawn"],
            ["feedback.removed", "new", "reviewer-1", "for removed"],
        ]);
        let merchants: Vec<_> = entered[1..].iter().map(|e| e.merchant.as_deref()).collect();
        assert_eq!(merchants, [Some("m"), Some("m"), Some("m"), Some("m"), None]);
        assert_eq!(sides(&entered[3]), [json!({"state": "struck"}), json!({"state": "counted", "since": "2024-05-30T12:00:00.001Z"})]);
        assert_eq!(sides(&entered[4])[0], json!({"state": "counted"}), "it happened before the others");
        assert_eq!(problems(&test).await, [""; 0]);
    }

    async fn plugins_are_entered_wherever_rules_of_their_name_are(backend) {
        let test = TestApp::new(backend).await;
        let rules = Some("amazon".to_owned());
        test.create_market("other", RulesSetup { rules, ..RulesSetup::default() }).await;
        test.install(guests::hostile()).await;
        test.create_market("elsewhere", RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
        let operator = Door::new(&test).operator();
        let version = "/v1/plugins/amazon/versions/0.1.0";
        operator.post(&format!("{version}/quarantine"), &json!({"reason": "it lies"})).await.ok();
        assert_eq!(operator.post(&format!("{version}/quarantine"), &json!({"reason": "again"})).await.short(), "409 conflict");
        operator.post(&format!("{version}/release"), &json!({"reason": "it does not"})).await.ok();
        for market in [MARKET, "other"] {
            let entered = entries(&test, market).await;
            assert_eq!(entered[2..].iter().map(short).collect::<Vec<_>>(), [
                ["plugin.quarantined", "amazon@0.1.0", "somebody", "it lies"],
                ["plugin.released", "amazon@0.1.0", "somebody", "it does not"],
            ]);
            assert_eq!(sides(&entered[3]), [json!({"withheld": "quarantined"}), json!({"withheld": null})]);
        }
        assert_eq!(entries(&test, "elsewhere").await.len(), 2);
        assert_eq!(problems(&test).await, [""; 0]);
    }
}

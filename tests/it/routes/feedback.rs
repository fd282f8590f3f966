//! Feedback left, struck, withdrawn, restored; and what that does to the merchant's health.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, event};
use andon_tests::on_both;
use serde_json::json;

use super::{MERCHANT, Shop};

const FEEDBACK: &str = "/v1/marketplaces/olist/orders/m-0/feedback";

on_both! {
    async fn striking_takes_a_defect_away_and_restoring_brings_it_back(backend) {
        let shop = Shop::open(backend).await;
        let reviewer = shop.door.with_scopes(&[Scope::EnforcementsReview, Scope::HealthRead]);
        let defects = async || {
            shop.test.drain().await;
            let health = reviewer.get(&format!("{MERCHANT}/health")).await.ok();
            health["metrics"].as_array().unwrap().iter().find(|m| m["code"] == "odr").unwrap()["numerator"].clone()
        };
        assert_eq!(defects().await, 4);
        let grounds = json!({"reason": "the carrier's fault"});
        let struck = reviewer.post(&format!("{FEEDBACK}/strike"), &grounds).await.ok();
        assert_eq!((&struck["state"], &struck["reason"], &struck["actor"]), (&json!("struck"), &grounds["reason"], &json!("somebody")));
        assert_eq!(defects().await, 3);
        assert_eq!(reviewer.post(&format!("{FEEDBACK}/restore"), &grounds).await.ok()["state"], "counted");
        assert_eq!(defects().await, 4);
        assert_eq!(reviewer.post(&format!("{FEEDBACK}/withdraw"), &grounds).await.ok()["state"], "withdrawn");
        assert_eq!(defects().await, 3);
    }

    async fn a_threat_on_the_platform_is_kept_as_evidence_and_no_other_message_is(backend) {
        let shop = Shop::open(backend).await;
        let contact = |id: &str, order: &str, channel: &str| {
            event(&format!("{id}-opened"), "contact.opened", id, NOW - 14 * DAY,
                json!({"order": order, "channel": channel, "reason": "refund-or-else", "answer_owed": true}))
        };
        shop.test.accept(&[contact("threat", "m-0", "platform-message"), contact("call", "m-0", "phone"), contact("other", "m-1", "platform-message")]).await;
        let reviewer = shop.door.with_scopes(&[Scope::EnforcementsReview, Scope::HealthRead]);
        let strike = async |contact: &str| {
            reviewer.post(&format!("{FEEDBACK}/strike"), &json!({"reason": "extortion", "contact": contact})).await
        };
        for contact in ["call", "other", "none", ""] {
            assert_eq!(strike(contact).await.short(), "422 invalid contact", "{contact}");
        }
        assert_eq!(reviewer.get(FEEDBACK).await.ok()["state"], "counted", "nothing was struck on the way");
        let struck = strike("threat").await.ok();
        assert_eq!((&struck["state"], &struck["evidence"]), (&json!("struck"), &json!(["threat"])));
        assert_eq!(strike("threat").await.ok(), struck);
        assert_eq!(reviewer.post(&format!("{FEEDBACK}/burn"), &json!({"reason": "x"})).await.short(), "404 not-found");

        // The merchant sees what was decided and on what, not by whom; nor in the events behind it.
        let merchant = shop.door.merchant("m");
        let seen = merchant.get(FEEDBACK).await.ok();
        assert_eq!((&seen["state"], &seen["evidence"], &seen["actor"]), (&json!("struck"), &json!(["threat"]), &json!(null)));
        let events = |order: &serde_json::Value| order["events"].as_array().unwrap().iter().map(|e| e["data"].clone()).collect::<Vec<_>>();
        let path = "/v1/marketplaces/olist/orders/m-0";
        let (theirs, ours) = (merchant.get(path).await.ok(), reviewer.get(path).await.ok());
        assert!(!theirs.to_string().contains("somebody"), "{theirs}");
        assert!(events(&ours).contains(&json!({"state": "struck", "reason": "extortion", "actor": "somebody"})));
        assert!(events(&theirs).contains(&json!({"state": "struck", "reason": "extortion"})));
        assert_eq!(events(&theirs).len(), events(&ours).len());
    }

    async fn leaving_feedback_anew_replaces_it(backend) {
        let shop = Shop::open(backend).await;
        let sender = shop.door.with_scopes(&[Scope::EventsWrite]);
        let path = "/v1/marketplaces/olist/orders/m-50/feedback";
        assert_eq!(sender.get(path).await.short(), "404 not-found");
        assert_eq!(sender.put(path, &json!({"rating": 1, "comment": "atrasado"})).await.ok()["rating"], 1);
        assert_eq!(sender.put(path, &json!({"rating": 5})).await.ok()["rating"], 5);
        assert_eq!(sender.get(path).await.ok()["comment"], "");
        for (body, expected) in [
            (json!({"rating": 0}), "422 invalid rating"),
            (json!({"rating": 6}), "422 invalid rating"),
            (json!({"rating": 3, "delivery": 9}), "422 invalid delivery"),
        ] {
            assert_eq!(sender.put(path, &body).await.short(), expected, "{body}");
        }
        assert_eq!(sender.put("/v1/marketplaces/olist/orders/none/feedback", &json!({"rating": 5})).await.short(), "404 not-found");
        assert_eq!(shop.door.merchant("m").post(&format!("{path}/strike"), &json!({"reason": "x"})).await.short(), "403 forbidden");
    }
}

//! GET a merchant's facts as a case: all that rules see, nothing that names anybody, and the same verdict as the host's.

use andon::auth::Scope;
use andon::cases::{CaseFile, run};
use andon::rules::{Engine, Limits};
use andon::setup::Wanted;
use andon_domain::rollout::Plan;
use andon_tests::events::{DAY, NOW, event, rfc3339};
use andon_tests::{MARKET, guests, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const SNAPSHOT: &str = "/v1/marketplaces/olist/merchants/m/snapshot";

on_both! {
    async fn a_snapshot_is_a_case_that_comes_to_the_hosts_own_verdict(backend) {
        let shop = Shop::open(backend).await;
        let contact = |order: Option<&str>, id: &str| {
            let data = json!({"contact": id, "order": order, "merchant": "m", "channel": "email", "reason": "Where is it, Jane?", "answer_owed": true});
            event(id, "contact.opened", id, NOW - 4 * DAY, data)
        };
        let violation = json!({"violation": "v-secret", "merchant": "m", "policy": "safety", "severity": "high"});
        shop.test.accept(&[
            contact(Some("m-5"), "k-secret"),
            contact(None, "l-secret"),
            event("v", "violation.recorded", "v-secret", NOW - 9 * DAY, violation),
            event("f", "feedback.left", "m-7", NOW - 3 * DAY, json!({"rating": 1, "comment": "Call Jane"})),
        ]).await;
        shop.operator.patch("/v1/marketplaces/olist", &json!({"settings": {"preview-days": 9}, "overrides": {"odr": {"target": 0.5}}})).await.ok();
        shop.test.drain().await;
        let author = shop.door.with_scopes(&[Scope::PluginsWrite]);
        let answer = author.get(SNAPSHOT).await;
        let (snapshot, text) = (answer.ok(), String::from_utf8(answer.body.clone()).unwrap());
        for name in ["m-5", "secret", "buyer-of", "listing-1", "Jane", "\"m\""] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert_eq!((&snapshot["settings"], &snapshot["time_zone"]), (&json!({"preview-days": "9"}), &json!("America/Sao_Paulo")));
        let facts = &snapshot["facts"];
        let count = |kind: &str| facts[kind].as_array().unwrap().len();
        assert_eq!((count("orders"), count("contacts"), count("violations")), (60, 1, 1));

        // The same order is called otherwise in each snapshot, so that two cannot be laid beside each other.
        let orders = |snapshot: &Value| -> Vec<Value> { snapshot["facts"]["orders"].as_array().unwrap().iter().map(|o| o["ref"].clone()).collect() };
        let again = author.get(SNAPSHOT).await.ok();
        assert!(orders(&again).iter().all(|order| !orders(&snapshot).contains(order)));

        let rules = Engine::new(Limits::default()).unwrap().admit(guests::amazon()).unwrap();
        let (mut file, left_out) = CaseFile::from_host(&text, rules.manifest()).unwrap();
        assert_eq!(left_out, Vec::<String>::new());
        let came = run(&rules, &file.cases[0]).unwrap();
        file.accept(0, &came);
        let case: Value = serde_json::from_str(&file.text()).unwrap();
        let health = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
        assert_eq!((&case["verdict"]["standing"], &case["verdict"]["score"]), (&health["standing"]["code"], &health["score"]));
        for metric in health["metrics"].as_array().unwrap() {
            let Some(reading) = case["readings"].get(metric["code"].as_str().unwrap()) else { continue };
            for field in ["numerator", "status"] {
                assert_eq!(reading[field], metric[field], "{metric}");
            }
            assert_eq!(reading["denominator"].as_i64().unwrap_or(0), metric["denominator"].as_i64().unwrap(), "{metric}");
        }
        assert_eq!(case["readings"]["odr"]["numerator"], 5);
    }

    async fn a_past_moment_and_later_facts_can_be_asked_for(backend) {
        let shop = Shop::open(backend).await;
        let author = shop.door.with_scopes(&[Scope::PluginsWrite]);
        let at = rfc3339(NOW - 16 * DAY);
        let then = author.get(&format!("{SNAPSHOT}?as_of={at}")).await.ok();
        assert!(then["facts"]["orders"].as_array().unwrap().iter().all(|order| order["feedback"].is_null()));
        assert_eq!(then["now"], "2024-05-15T12:00:00Z");
        let since = rfc3339(NOW - 20 * DAY - 10 * 3_600_000);
        let late = author.get(&format!("{SNAPSHOT}?since={since}")).await.ok();
        assert_eq!(late["facts"]["orders"].as_array().unwrap().len(), 10);
        assert_eq!(author.get(&format!("{SNAPSHOT}?since=then")).await.short(), "422 invalid since");
    }

    async fn in_a_roll_out_the_settings_are_those_that_judge_the_merchant(backend) {
        let shop = Shop::open(backend).await;
        let settings = Some([("preview-days".to_owned(), "9".to_owned())].into());
        let plan = Plan { share: 99, ..Plan::default() };
        let wanted = Wanted { rules: "amazon@0.1.0".into(), settings, plan, author: "somebody".into() };
        shop.test.app.begin(MARKET, wanted).await.unwrap();
        shop.test.drain().await;
        let snapshot = shop.door.with_scopes(&[Scope::PluginsWrite]).get(SNAPSHOT).await.ok();
        assert_eq!(snapshot["settings"], json!({"preview-days": "9"}));
        assert_eq!(shop.operator.get("/v1/marketplaces/olist").await.ok()["settings"], json!({}));
    }

    async fn what_other_rules_do_not_declare_is_left_out_for_them(backend) {
        let shop = Shop::open(backend).await;
        shop.operator.patch("/v1/marketplaces/olist", &json!({"settings": {"preview-days": 9}, "overrides": {"odr": {"target": 0.5}}})).await.ok();
        shop.test.drain().await;
        let answer = shop.door.with_scopes(&[Scope::PluginsWrite]).get(SNAPSHOT).await;
        let (snapshot, text) = (answer.ok(), String::from_utf8(answer.body.clone()).unwrap());
        let rules = Engine::new(Limits::default()).unwrap().admit(guests::hostile()).unwrap();
        let (mut file, left_out) = CaseFile::from_host(&text, rules.manifest()).unwrap();
        for what in ["setting preview-days", "figures for odr", "the marketplace's value of odr", &format!("standing {}", snapshot["merchant"]["standing"].as_str().unwrap())] {
            assert!(left_out.iter().any(|left| left == what), "{what} in {left_out:?}");
        }
        let came = run(&rules, &file.cases[0]).unwrap();
        file.accept(0, &came);
        let case: Value = serde_json::from_str(&file.text()).unwrap();
        assert_eq!((&case["verdict"]["standing"], &case["merchant"]["standing"]), (&json!("fine"), &Value::Null));
    }

    async fn only_an_author_takes_one(backend) {
        let shop = Shop::open(backend).await;
        let reader = shop.door.with_scopes(&[Scope::HealthRead]);
        assert_eq!(reader.get(SNAPSHOT).await.short(), "403 forbidden");
        let author = shop.door.with_scopes(&[Scope::PluginsWrite]);
        assert_eq!(author.get("/v1/marketplaces/olist/merchants/nobody/snapshot").await.short(), "404 not-found");
        assert_eq!(shop.door.stranger().get(SNAPSHOT).await.short(), "401 unauthenticated");
    }
}

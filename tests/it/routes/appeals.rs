//! Appeals from filing to answer: who may, until when, how often; by clocks on both sides; and that overturning brings back exactly
//! what the decision had changed.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, good_orders, rfc3339};
use andon_tests::{Answer, Client, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const MARKET: &str = "/v1/marketplaces/olist";
const ENFORCEMENTS: &str = "/v1/marketplaces/olist/enforcements";
const APPEALS: &str = "/v1/marketplaces/olist/appeals";

fn reviewer(shop: &Shop, name: &str) -> Client {
    shop.door.person(name, &[Scope::EnforcementsReview])
}

/// Has Ann take a measure against the merchant; answers the path of its appeals.
async fn take(shop: &Shop, measure: Value) -> String {
    let mut body = json!({"merchant": "m", "reason": "complaints", "note": "Buyers complain."});
    body.as_object_mut().unwrap().extend(measure.as_object().unwrap().clone());
    let taken = reviewer(shop, "ann").post(ENFORCEMENTS, &body).await.ok();
    format!("{ENFORCEMENTS}/{}/appeals", taken["id"].as_str().unwrap())
}

fn plan() -> Value {
    json!({"cause": "A carrier lost parcels.", "correction": "Buyers were refunded.", "prevention": "Another carrier."})
}

async fn file(client: &Client, path: &str, evidence: Value) -> Answer {
    let mut body = json!({"plan": plan()});
    body.as_object_mut().unwrap().extend(evidence.as_object().unwrap().clone());
    client.post(path, &body).await
}

async fn filed(shop: &Shop, path: &str) -> String {
    let appeal = file(&shop.door.merchant("m"), path, json!({})).await.ok();
    format!("{APPEALS}/{}", appeal["id"].as_str().unwrap())
}

async fn answer(client: &Client, appeal: &str, outcome: &str) -> Answer {
    client.post(&format!("{appeal}/answer"), &json!({"outcome": outcome, "reason": "We looked at each order."})).await
}

fn orders(names: &[&str]) -> Value {
    json!({"references": names.iter().map(|name| json!({"kind": "order", "ref": name})).collect::<Vec<_>>()})
}

on_both! {
    async fn overturning_brings_back_what_the_decision_had_changed_and_no_more(backend) {
        let shop = Shop::open(backend).await;
        let path = take(&shop, json!({"action": "suspend"})).await;
        let pulled = json!({"merchant": "m", "action": "pull-listing", "listing": "listing-1", "reason": "unsafe", "note": "It burns."});
        let pulled = reviewer(&shop, "bob").post(ENFORCEMENTS, &pulled).await.ok();
        let appeal = filed(&shop, &path).await;
        let given = answer(&reviewer(&shop, "rita"), &appeal, "overturn").await.ok();
        assert_eq!((&given["phase"], &given["steps"][1]["by"]), (&json!("overturned"), &json!("rita")));
        let kept = json!([{"enforcement": pulled["id"], "action": "pull-listing", "listing": "listing-1"}]);
        assert_eq!(given["still_in_force"], kept);
        let merchant = shop.door.merchant("m");
        let account = merchant.get(&format!("{MERCHANT}/account")).await.ok();
        assert_eq!((&account["account"], &account["listings_pulled"]), (&json!("active"), &json!(["listing-1"])));
        assert!(account["reinstated_at"].is_string());
        let decision = merchant.get(path.strip_suffix("/appeals").unwrap()).await.ok();
        assert_eq!((&decision["stage"], &decision["closing"]["note"]), (&json!("reversed"), &json!("We looked at each order.")));
        let shown = merchant.get(&appeal).await;
        assert_eq!((&shown.ok()["still_in_force"], &shown.ok()["steps"][1]["note"]), (&kept, &json!("We looked at each order.")));
        assert!(!String::from_utf8_lossy(&shown.body).contains("rita"));
        assert_eq!(answer(&reviewer(&shop, "rita"), &appeal, "uphold").await.short(), "409 conflict");
        assert_eq!(file(&merchant, &path, orders(&["m-1"])).await.short(), "409 conflict");
    }

    async fn nobody_answers_in_their_own_case(backend) {
        let shop = Shop::open(backend).await;
        let path = take(&shop, json!({"action": "suspend"})).await;
        let drafted = file(&reviewer(&shop, "rita"), &path, json!({})).await;
        assert_eq!((drafted.status, drafted.ok()["steps"][0]["from"].clone()), (201, json!("marketplace")));
        let appeal = format!("{APPEALS}/{}", drafted.json()["id"].as_str().unwrap());
        for (who, expected) in [("ann", "403 forbidden"), ("rita", "403 forbidden"), ("bob", "200")] {
            assert_eq!(answer(&reviewer(&shop, who), &appeal, "uphold").await.short(), expected, "{who}");
        }
        assert_eq!(answer(&shop.door.merchant("m"), &appeal, "overturn").await.short(), "403 forbidden");
        let again = file(&shop.door.merchant("m"), &path, orders(&["m-1"])).await.ok();
        let second = format!("{APPEALS}/{}", again["id"].as_str().unwrap());
        for (who, expected) in [("bob", "403 forbidden"), ("ann", "403 forbidden"), ("rita", "403 forbidden"), ("eve", "200")] {
            assert_eq!(answer(&reviewer(&shop, who), &second, "uphold").await.short(), expected, "{who}");
        }
    }

    async fn once_and_once_more_on_new_evidence(backend) {
        let shop = Shop::open(backend).await;
        let path = take(&shop, json!({"action": "suspend"})).await;
        let merchant = shop.door.merchant("m");
        let first = file(&merchant, &path, orders(&["m-1"])).await.ok();
        assert_eq!(file(&merchant, &path, orders(&["m-2"])).await.short(), "409 conflict", "one is under way");
        let appeal = format!("{APPEALS}/{}", first["id"].as_str().unwrap());
        answer(&reviewer(&shop, "rita"), &appeal, "uphold").await.ok();
        for old in [json!({}), orders(&["m-1"])] {
            assert_eq!(file(&merchant, &path, old).await.short(), "409 conflict", "nothing new");
        }
        assert_eq!(file(&merchant, &path, orders(&["m-2", "nowhere"])).await.short(), "422 invalid references");
        let second = file(&merchant, &path, orders(&["m-1", "m-2"])).await.ok();
        assert_eq!((&second["round"], &second["phase"]), (&json!(2), &json!("filed")));
        answer(&reviewer(&shop, "eve"), &format!("{APPEALS}/{}", second["id"].as_str().unwrap()), "uphold").await.ok();
        assert_eq!(file(&merchant, &path, orders(&["m-3"])).await.short(), "409 conflict", "twice");
        let all = merchant.get(&format!("{APPEALS}?enforcement={}", first["enforcement"].as_str().unwrap())).await.ok();
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
    }

    async fn there_are_six_months_from_when_the_merchant_was_told(backend) {
        let shop = Shop::open(backend).await;
        let [cap, hold] = [
            take(&shop, json!({"action": "cap-orders", "orders_a_day": 3})).await,
            take(&shop, json!({"action": "hold-payouts"})).await,
        ];
        let terminated = take(&shop, json!({"action": "terminate"})).await;
        assert_eq!(file(&shop.door.merchant("m"), &terminated, json!({})).await.short(), "404 not-found", "it waits for a second person");
        assert_eq!(file(&reviewer(&shop, "bob"), &terminated, json!({})).await.short(), "404 not-found");
        shop.test.clock.advance(10 * DAY);
        let approve = terminated.replace("/appeals", "/approve");
        reviewer(&shop, "bob").post(&approve, &json!({"reason": "so it is"})).await.ok();
        shop.test.clock.advance(174 * DAY - 1);
        assert_eq!(file(&shop.door.merchant("m"), &cap, json!({})).await.status, 201);
        shop.test.clock.advance(1);
        let merchant = shop.door.merchant("m");
        assert_eq!(file(&merchant, &hold, json!({})).await.short(), "409 conflict");
        shop.test.clock.advance(10 * DAY - 1);
        let merchant = shop.door.merchant("m");
        let statement = merchant.get(&terminated.replace("/appeals", "/statement")).await.ok();
        assert_eq!((&statement["contest"]["open"], &statement["decided_automatically"]), (&json!(true), &json!(false)));
        assert_eq!(file(&merchant, &terminated, json!({})).await.status, 201);
    }

    async fn clocks_run_on_both_sides(backend) {
        let shop = Shop::open(backend).await;
        let path = take(&shop, json!({"action": "suspend"})).await;
        let appeal = filed(&shop, &path).await;
        let more = async |client: &Client| client.post(&format!("{appeal}/more"), &json!({"note": "Here it is."})).await;
        assert_eq!(more(&shop.door.merchant("m")).await.short(), "409 conflict", "nobody asked");
        let asked = answer(&reviewer(&shop, "rita"), &appeal, "ask-for-more").await.ok();
        assert_eq!((&asked["phase"], asked["more_by"].as_str().unwrap()), (&json!("more-asked"), "2024-06-14T12:00:00Z"));
        assert_eq!(answer(&reviewer(&shop, "rita"), &appeal, "uphold").await.short(), "409 conflict", "the merchant has time");
        shop.test.clock.advance(3 * DAY);
        let given = more(&shop.door.merchant("m")).await.ok();
        assert_eq!((&given["phase"], given["answer_by"].as_str().unwrap()), (&json!("more-given"), "2024-06-17T12:00:00Z"));
        answer(&reviewer(&shop, "rita"), &appeal, "ask-for-more").await.ok();
        shop.test.clock.advance(14 * DAY);
        assert_eq!(more(&shop.door.merchant("m")).await.short(), "409 conflict", "too late, whoever noticed");
        shop.test.drain().await;
        let lapsed = shop.door.merchant("m").get(&appeal).await.ok();
        assert_eq!((&lapsed["phase"], lapsed["answer_by"].as_str().unwrap()), (&json!("more-lapsed"), "2024-07-01T12:00:00Z"));
        assert_eq!((&lapsed["overdue"], &lapsed["steps"][4]["from"]), (&json!(false), &json!("andon")));
        shop.test.clock.advance(14 * DAY);
        shop.test.drain().await;
        let late = shop.door.merchant("m").get(&appeal).await.ok();
        assert_eq!((&late["overdue"], &late["phase"], &late["closed_at"]), (&json!(true), &json!("more-lapsed"), &Value::Null));
        shop.test.clock.advance(100 * DAY);
        shop.test.drain().await;
        assert_eq!(answer(&reviewer(&shop, "rita"), &appeal, "overturn").await.ok()["phase"], "overturned");
        assert_eq!(shop.door.operator().get(&format!("{MERCHANT}/account")).await.ok()["account"], "active");
        let entries = format!("{MARKET}/ledger?about=appeal/{}", appeal.rsplit('/').next().unwrap());
        let [seen, told] = [shop.door.operator().get(&entries).await, shop.door.merchant("m").get(&entries).await];
        let kinds = |ledger: &Answer| {
            let ledger = ledger.ok();
            let kinds = ledger["items"].as_array().unwrap().iter().rev().map(|entry| entry["kind"].as_str().unwrap().to_owned());
            kinds.collect::<Vec<_>>()
        };
        let mut steps = ["filed", "more-asked", "more-given", "more-asked", "more-lapsed", "overdue", "overturned"].map(|step| format!("appeal.{step}")).to_vec();
        assert_eq!(kinds(&seen), steps);
        steps.retain(|step| step != "appeal.overdue");
        assert_eq!(kinds(&told), steps);
        assert!(!String::from_utf8_lossy(&told.body).contains("rita"));
    }

    async fn what_is_anothers_looks_like_what_is_not_there(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("other", 3, NOW - 20 * DAY)).await;
        shop.test.drain().await;
        let path = take(&shop, json!({"action": "suspend"})).await;
        let appeal = filed(&shop, &path).await;
        let (other, nowhere) = (shop.door.merchant("other"), "018f0000-0000-7000-8000-000000000000");
        let foreign = [
            other.get(&appeal).await,
            file(&other, &path, json!({})).await,
            other.post(&format!("{appeal}/more"), &json!({"note": "mine"})).await,
            other.get(&path.replace("/appeals", "/statement")).await,
        ];
        let unknown = [
            other.get(&format!("{APPEALS}/{nowhere}")).await,
            file(&other, &format!("{ENFORCEMENTS}/{nowhere}/appeals"), json!({})).await,
            other.post(&format!("{APPEALS}/{nowhere}/more"), &json!({"note": "mine"})).await,
            other.get(&format!("{ENFORCEMENTS}/{nowhere}/statement")).await,
        ];
        for (foreign, unknown) in foreign.iter().zip(&unknown) {
            assert_eq!((foreign.short(), &foreign.body), ("404 not-found".into(), &unknown.body));
        }
        for query in ["", "?merchant=m", "?merchant=other"] {
            assert_eq!(other.get(&format!("{APPEALS}{query}")).await.ok(), json!({"items": [], "next": null}), "{query}");
        }
        let own = take(&shop, json!({"merchant": "other", "action": "suspend"})).await;
        let [theirs, nobodys] = [file(&other, &own, orders(&["m-1"])).await, file(&other, &own, orders(&["m-x"])).await];
        assert_eq!(theirs.short(), "422 invalid references");
        assert_eq!(String::from_utf8_lossy(&theirs.body).replace("m-1", "m-x"), String::from_utf8_lossy(&nobodys.body));
        let reader = shop.door.with_scopes(&[Scope::HealthRead]);
        assert_eq!(file(&reader, &path, json!({})).await.short(), "403 forbidden");
        assert_eq!(shop.door.stranger().get(APPEALS).await.short(), "401 unauthenticated");
    }

    async fn the_queue_is_by_urgency_and_covers_all_once(backend) {
        let shop = Shop::open(backend).await;
        let mut appeals = Vec::new();
        for measure in [json!({"action": "hold-payouts"}), json!({"action": "warning"}), json!({"action": "suspend"}), json!({"action": "restrict"})] {
            let path = take(&shop, measure).await;
            appeals.push(filed(&shop, &path).await);
            shop.test.clock.advance(1_000);
        }
        answer(&reviewer(&shop, "rita"), &appeals[1], "uphold").await.ok();
        let seen = async |client: &Client, limit: usize| {
            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = client.get(&format!("{APPEALS}?limit={limit}{cursor}")).await.ok();
                all.extend(page["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap().to_owned()));
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => return all,
                }
            }
        };
        let expected = ["suspend", "hold-payouts", "restrict", "warning"];
        for limit in [1, 3, 50] {
            assert_eq!(seen(&reviewer(&shop, "rita"), limit).await, expected, "{limit}");
        }
        assert_eq!(seen(&shop.door.merchant("m"), 2).await, expected);
        let upheld = reviewer(&shop, "rita").get(&format!("{APPEALS}?phase=upheld&merchant=m")).await.ok();
        assert_eq!(upheld["items"].as_array().unwrap().len(), 1);
        assert_eq!(reviewer(&shop, "rita").get(&format!("{APPEALS}?phase=lost")).await.short(), "422 invalid phase");
    }

    async fn what_cannot_be_said_is_refused(backend) {
        let shop = Shop::open(backend).await;
        let path = take(&shop, json!({"action": "suspend"})).await;
        let merchant = shop.door.merchant("m");
        let long = "x".repeat(4_001);
        for (body, expected) in [
            (json!({"plan": {"cause": " ", "correction": "b", "prevention": "c"}}), "422 invalid plan.cause"),
            (json!({"plan": {"cause": "a", "correction": "b", "prevention": long}}), "422 invalid plan.prevention"),
            (json!({"plan": {"cause": "a", "correction": "b"}}), "422 invalid plan"),
            (json!({"plan": plan(), "attachments": ["sha256:00"]}), "422 invalid attachments"),
            (json!({"plan": plan(), "attachments": (0..11).map(|i| i.to_string()).collect::<Vec<_>>()}), "422 invalid attachments"),
            (json!({"plan": plan(), "references": [{"kind": "buyer", "ref": "b"}]}), "422 invalid references.kind"),
            (json!({"plan": plan(), "references": [{"kind": "order", "ref": " m-1"}]}), "422 invalid references"),
            (json!({"plan": plan(), "phase": "overturned"}), "422 invalid phase"),
        ] {
            assert_eq!(merchant.post(&path, &body).await.short(), expected, "{body}");
        }
        let lifted = take(&shop, json!({"action": "reinstate"})).await;
        assert_eq!(file(&merchant, &lifted, json!({})).await.short(), "409 conflict", "it gives");
        let appeal = filed(&shop, &path).await;
        assert_eq!(answer(&reviewer(&shop, "rita"), &appeal, "forget").await.short(), "422 invalid outcome");
        let blank = json!({"outcome": "uphold", "reason": " "});
        assert_eq!(reviewer(&shop, "rita").post(&format!("{appeal}/answer"), &blank).await.short(), "422 invalid reason");
        let overturned = answer(&reviewer(&shop, "rita"), &appeal, "overturn").await.ok();
        assert_eq!(overturned["phase"], "overturned", "the suspension has ended; that it was wrong is said all the same");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_the_marketplaces() {
    let shop = Shop::open(andon_tests::Backend::Sqlite).await;
    shop.operator.patch(MARKET, &json!({"policy": {"appeals": {"answer_days": 3}}})).await.ok();
    let path = take(&shop, json!({"action": "suspend"})).await;
    let appeal = shop.door.merchant("m").get(&filed(&shop, &path).await).await.ok();
    assert_eq!(appeal["answer_by"].as_str().unwrap(), "2024-06-03T12:00:00Z");
    assert!(rfc3339(NOW + 3 * DAY).starts_with("2024-06-03T12:00:00"));
}

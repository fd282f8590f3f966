//! What buyers say: struck, withdrawn and restored by buyer, and whose ratings are unusual.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, event, good_orders, placed, rated};
use andon_tests::{Client, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const BUYERS: &str = "/v1/marketplaces/olist/buyers";

/// Orders of one buyer, each rated.
fn bought(buyer: &str, orders: &[(&str, &str, i64)], rating: u8) -> Vec<Value> {
    let life = |(order, merchant, at): &(&str, &str, i64)| {
        let mut bought = placed(order, merchant, *at);
        bought["data"]["buyer"] = json!(buyer);
        [bought, rated(order, rating, at + DAY)]
    };
    orders.iter().flat_map(life).collect()
}

async fn odr(shop: &Shop) -> (Value, Value) {
    shop.test.drain().await;
    let health = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
    let odr = health["metrics"].as_array().unwrap().iter().find(|m| m["code"] == "odr").unwrap().clone();
    (odr["numerator"].clone(), odr["excluded"].clone())
}

fn reviewer(shop: &Shop) -> Client {
    shop.door.with_scopes(&[Scope::EnforcementsReview, Scope::HealthRead])
}

on_both! {
    async fn all_that_a_buyer_said_is_struck_and_comes_back(backend) {
        let shop = Shop::open(backend).await;
        let at = NOW - 20 * DAY;
        shop.test.accept(&bought("troll", &[("t-1", "m", at), ("t-2", "m", at), ("t-3", "n", at)], 1)).await;
        shop.test.accept(&[event("threat-opened", "contact.opened", "threat", at, json!({
            "order": "t-3", "channel": "platform-message", "reason": "refund-or-else", "answer_owed": true}))]).await;
        let reviewer = reviewer(&shop);
        let post = async |ruling: &str, body: Value| reviewer.post(&format!("{BUYERS}/troll/feedback/{ruling}"), &body).await;
        assert_eq!(odr(&shop).await.0, 6);

        assert_eq!(post("strike", json!({"reason": " "})).await.short(), "422 invalid reason");
        assert_eq!(post("strike", json!({"reason": "x", "merchant": "nobody"})).await.short(), "422 invalid merchant");
        assert_eq!(post("strike", json!({"reason": "x", "contact": "nobody"})).await.short(), "422 invalid contact");
        let stranger = format!("{BUYERS}/buyer-of-m-0/feedback/strike");
        assert_eq!(reviewer.post(&stranger, &json!({"reason": "x", "contact": "threat"})).await.short(), "422 invalid contact");
        assert_eq!(odr(&shop).await.0, 6);

        let struck = post("strike", json!({"reason": "extortion", "contact": "threat"})).await.ok();
        assert_eq!(struck, json!({"changed": 3, "unchanged": 0, "orders": ["t-1", "t-2", "t-3"], "next": null}));
        // Figures with and without what is excluded are both shown.
        let (numerator, excluded) = odr(&shop).await;
        assert_eq!((&numerator, &excluded["numerator"]), (&json!(4), &json!(2)));
        assert!(excluded["value_with"].as_f64().unwrap() > 6.0 / 63.0);
        let evidence = async |order: &str| {
            shop.operator.get(&format!("/v1/marketplaces/olist/orders/{order}/feedback")).await.ok()["evidence"].clone()
        };
        // The message is kept with the order that it is about, and shown to no other merchant.
        assert_eq!((evidence("t-3").await, evidence("t-1").await), (json!(["threat"]), json!([])));
        assert_eq!(post("strike", json!({"reason": "extortion"})).await.ok()["changed"], 0);

        let only = json!({"reason": "not an extortion", "merchant": "m", "changed_for": "extortion"});
        assert_eq!(post("restore", only.clone()).await.ok(), json!({"changed": 2, "unchanged": 0, "orders": ["t-1", "t-2"], "next": null}));
        assert_eq!(post("restore", only).await.ok()["changed"], 0);
        assert_eq!(odr(&shop).await.0, 6);
        assert_eq!(post("withdraw", json!({"reason": "at the buyer's wish"})).await.ok()["changed"], 3);
        assert_eq!(post("strike", json!({"reason": "too late"})).await.ok(), json!({"changed": 0, "unchanged": 3, "orders": [], "next": null}));
        assert_eq!(reviewer.post(&format!("{BUYERS}/nobody/feedback/strike"), &json!({"reason": "x"})).await.ok()["changed"], 0);
    }

    async fn a_buyer_of_low_ratings_is_found_with_the_orders(backend) {
        let shop = Shop::open(backend).await;
        let at = NOW - 20 * DAY;
        let usual = (0..60).filter(|i| *i > 4).map(|i| rated(&format!("m-{i}"), 5, NOW - 15 * DAY)).collect::<Vec<_>>();
        shop.test.accept(&usual).await;
        shop.test.accept(&good_orders("n", 30, at)).await;
        shop.test.accept(&(0..30).map(|i| rated(&format!("n-{i}"), 4, NOW - 15 * DAY)).collect::<Vec<_>>()).await;
        let orders: Vec<String> = (0..6).map(|i| format!("t-{i}")).collect();
        let six: Vec<(&str, &str, i64)> = orders.iter().enumerate().map(|(i, o)| (o.as_str(), ["m", "n"][i % 2], at + i as i64 * DAY)).collect();
        shop.test.accept(&bought("troll", &six, 2)).await;
        let reviewer = reviewer(&shop);
        let found = reviewer.get(&format!("{BUYERS}/signals")).await.ok();
        assert_eq!((&found["ratings"], &found["complete"], &found["next"]), (&json!(95), &json!(true), &json!(null)));
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.iter().map(|i| i["buyer"].as_str().unwrap()).collect::<Vec<_>>(), ["troll"]);
        let signal = &items[0]["signals"][0];
        assert_eq!((&signal["kind"], &signal["count"], &signal["of"], &signal["orders"]), (&json!("low-share"), &json!(6), &json!(6), &json!(orders)));
        assert!(signal["chance"].as_f64().unwrap() < 1e-5 && signal["interval"][0].as_f64().unwrap() > signal["usual"].as_f64().unwrap());
        // Nothing followed from being found; and who was dealt with is found no more.
        assert_eq!(shop.operator.get("/v1/marketplaces/olist/orders/t-0/feedback").await.ok()["state"], "counted");
        assert_eq!(reviewer.post(&format!("{BUYERS}/troll/feedback/strike"), &json!({"reason": "no purchase was real"})).await.ok()["changed"], 6);
        assert_eq!(reviewer.get(&format!("{BUYERS}/signals")).await.ok()["items"], json!([]));
    }

    async fn a_burst_against_one_merchant_names_everybody_in_it(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("n", 40, NOW - 20 * DAY)).await;
        let hour = DAY / 24;
        let said = |i: i64| rated(&format!("n-{i}"), if i < 6 { 1 } else { 5 }, NOW - 10 * DAY + if i < 6 { i * hour / 2 } else { -i * hour });
        shop.test.accept(&(0..40).map(said).collect::<Vec<_>>()).await;
        let reviewer = reviewer(&shop);
        let found = reviewer.get(&format!("{BUYERS}/signals?merchant=n&days=30")).await.ok();
        let items = found["items"].as_array().unwrap();
        let mut buyers: Vec<_> = items.iter().map(|i| i["buyer"].as_str().unwrap().to_owned()).collect();
        buyers.sort();
        assert_eq!(buyers, (0..6).map(|i| format!("buyer-of-n-{i}")).collect::<Vec<_>>());
        for item in items {
            let signal = &item["signals"][0];
            assert_eq!((&signal["kind"], &signal["count"], &signal["merchant"]), (&json!("burst"), &json!(6), &json!("n")));
            assert_eq!((signal["from"].as_str(), signal["orders"].as_array().unwrap().len()), (Some("2024-05-21T12:00:00Z"), 1));
        }
        for (query, expected) in [("days=0", "422 invalid days"), ("days=367", "422 invalid days"), ("limit=0", "422 invalid limit"), ("merchant=none", "422 invalid merchant")] {
            assert_eq!(reviewer.get(&format!("{BUYERS}/signals?{query}")).await.short(), expected, "{query}");
        }
    }
}

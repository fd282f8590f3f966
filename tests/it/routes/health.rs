//! GET health and what it rests on: evidence, history, recovery, what-if, and any moment played again.

use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, good_orders, rated, rfc3339};
use andon_tests::{Door, MARKET, TestApp, guests, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

fn metric<'a>(health: &'a Value, code: &str) -> &'a Value {
    health["metrics"].as_array().unwrap().iter().find(|m| m["code"] == code).unwrap()
}

on_both! {
    async fn every_number_is_there_and_adds_up(backend) {
        let shop = Shop::open(backend).await;
        let health = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
        let odr = metric(&health, "odr");
        assert_eq!((&odr["numerator"], &odr["denominator"], &odr["buyers"]), (&json!(4), &json!(60), &json!(4)));
        assert!((odr["value"].as_f64().unwrap() - 4.0 / 60.0).abs() < 1e-12);
        assert_eq!((&odr["compare"], &odr["target"], &odr["status"]), (&json!("less"), &json!(0.01), &json!("breached")));
        // 60 days, of which the last 15 are not counted yet: to 16 May, from 18 March.
        assert_eq!(odr["window"], json!({"from": "2024-03-18", "to": "2024-05-16"}));
        assert_eq!((&health["stale"], &health["as_of"], &health["marketplace"]), (&json!(false), &json!("2024-05-31T12:00:00Z"), &json!("olist")));
        assert!(health["verdict"].is_string() && health["next_evaluation"].is_string());
        assert!(health["reasons"].as_array().unwrap().iter().any(|r| r["metric"] == "odr" && !r["text"].as_str().unwrap().is_empty()));
        let headers = [("accept-language", "zh-CN")];
        let chinese = shop.operator.send(axum::http::Method::GET, &format!("{MERCHANT}/health"), &headers, Vec::new()).await.ok();
        assert_ne!(metric(&chinese, "odr")["title"], odr["title"]);
        assert_eq!(shop.door.merchant("m").get(&format!("{MERCHANT}/health")).await.ok(), health);
    }

    async fn members_are_named_as_published(backend) {
        let shop = Shop::open(backend).await;
        let health = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
        let members = |value: &Value| {
            let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(
            members(&health),
            "as_of coming marketplace merchant metrics next_evaluation proposals reasons rules score stale standing verdict"
        );
        assert_eq!(
            members(metric(&health, "odr")),
            "breached_in_a_row buyers code compare denominator excluded interval numerator peers status target title value warn window"
        );
        assert_eq!(members(&health["rules"]), "digest name version");
        assert_eq!(members(&health["standing"]), "code level projected since title");
        assert_eq!(members(&health["reasons"][0]), "code metric text");
        assert_eq!(members(&metric(&health, "odr")["excluded"]), "numerator value_with");
    }

    async fn a_listing_is_named_by_its_reference(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::hostile()).await;
        let settings = [("mode".to_owned(), "blame-listings".to_owned())].into();
        test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), settings, ..RulesSetup::default() }).await;
        test.accept(&good_orders("m", 30, NOW - 5 * DAY)).await;
        test.drain().await;
        let operator = Door::new(&test).operator();
        let named = |said: &Value| {
            assert_eq!((&said["reasons"][0]["listing"], &said["reasons"][1]["listing"]), (&Value::Null, &json!("listing-1")), "{said}");
        };
        let proposed = |said: &Value| {
            named(said);
            assert_eq!((&said["proposals"][0]["action"], &said["proposals"][0]["listing"]), (&json!("pull-listing"), &json!("listing-1")));
        };
        let health = operator.get(&format!("{MERCHANT}/health")).await.ok();
        proposed(&health);
        proposed(&operator.post(&format!("{MERCHANT}/health/what-if"), &json!({"add": {"ordered": 1}})).await.ok());
        named(&operator.get(&format!("{MERCHANT}/health/history")).await.ok()["items"][0]);
        let verdict = format!("/v1/verdicts/{}", health["verdict"].as_str().unwrap());
        proposed(&operator.get(&verdict).await.ok()["output"]);
        proposed(&operator.post(&format!("{verdict}/replay"), &json!({})).await.ok()["replayed"]);
    }

    async fn evidence_names_the_orders_behind_the_numerator(backend) {
        let shop = Shop::open(backend).await;
        let path = format!("{MERCHANT}/health/evidence?metric=odr&limit=3");
        let first = shop.operator.get(&path).await.ok();
        let second = shop.operator.get(&format!("{path}&cursor={}", first["next"].as_str().unwrap())).await.ok();
        let items = [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()].concat();
        let mut orders: Vec<_> = items.iter().map(|i| i["order"].as_str().unwrap()).collect();
        orders.sort_unstable();
        assert_eq!((orders, &second["next"]), (vec!["m-0", "m-1", "m-2", "m-3"], &Value::Null));
        assert!(items.iter().all(|i| i["cause"]["code"] == "negative-feedback" && i["excluded"].is_null()), "{items:?}");
        assert_eq!(shop.operator.get(&format!("{MERCHANT}/health/evidence?metric=x")).await.short(), "422 invalid metric");
    }

    async fn a_past_moment_knows_only_what_had_happened(backend) {
        let shop = Shop::open(backend).await;
        let at = async |moment: i64| shop.operator.get(&format!("{MERCHANT}/health?as_of={}", rfc3339(moment))).await.ok();
        let now = at(NOW).await;
        let live = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
        for code in ["odr", "late-shipment-rate-30", "on-time-delivery-rate", "account-rating"] {
            let figures = |h: &Value| ["value", "numerator", "denominator", "status", "window"].map(|k| metric(h, code)[k].clone());
            assert_eq!(figures(&now), figures(&live), "{code}");
        }
        assert_eq!((&now["score"], &now["standing"]["code"]), (&live["score"], &live["standing"]["code"]));
        // The bad ratings came on the fifteenth day before now; the orders' days counted from then on.
        let before = at(NOW - 15 * DAY - 1).await;
        assert_eq!(metric(&before, "odr")["numerator"], 0);
        assert_eq!(before["verdict"], Value::Null);
        assert_eq!(metric(&at(NOW - 100 * DAY).await, "odr")["denominator"], 0);
        assert_eq!(shop.operator.get(&format!("{MERCHANT}/health?as_of=yesterday")).await.short(), "422 invalid as_of");
    }

    async fn history_grows_with_what_happens(backend) {
        let shop = Shop::open(backend).await;
        let path = format!("{MERCHANT}/health/history");
        assert_eq!(shop.operator.get(&path).await.ok()["items"].as_array().unwrap().len(), 1);
        shop.test.clock.advance(1000);
        shop.test.accept(&[rated("m-9", 1, NOW - DAY)]).await;
        shop.test.drain().await;
        let items = shop.operator.get(&path).await.ok()["items"].clone();
        let defects: Vec<_> = items.as_array().unwrap().iter().map(|v| metric(v, "odr")["numerator"].clone()).collect();
        assert_eq!(defects, [5, 4]);
        let page = shop.operator.get(&format!("{path}?limit=1")).await.ok();
        let older = shop.operator.get(&format!("{path}?limit=1&cursor={}", page["next"].as_str().unwrap())).await.ok();
        assert_eq!(older["items"][0], items[1]);
        // Nothing happened: nothing is judged again.
        shop.test.drain().await;
        assert_eq!(shop.operator.get(&path).await.ok()["items"].as_array().unwrap().len(), 2);
    }

    async fn recovery_is_what_then_comes_true(backend) {
        let shop = Shop::open(backend).await;
        let recovery = shop.operator.get(&format!("{MERCHANT}/health/recovery")).await.ok();
        let odr = metric(&recovery, "odr");
        // 4 of 501 is the first rate under 0.8 %, where it is good and not only at risk.
        assert_eq!(odr["clean_orders"], 441);
        let leaving = odr["leaving"].as_array().unwrap();
        assert_eq!(leaving.iter().map(|l| l["amount"].as_i64().unwrap()).sum::<i64>(), 4);
        let supposed = async |n: i64| {
            let answer = shop.operator.post(&format!("{MERCHANT}/health/what-if"), &json!({"add": {"orders": n}})).await.ok();
            metric(&answer, "odr")["status"].clone()
        };
        assert_eq!((supposed(340).await, supposed(440).await, supposed(441).await), (json!("breached"), json!("at-risk"), json!("good")));
        let day = odr["recovers_on"].as_str().unwrap();
        let noon = chrono::DateTime::parse_from_rfc3339(&format!("{day}T12:00:00-03:00")).unwrap().timestamp_millis();
        let status = async |at: i64| {
            shop.test.clock.set(at);
            shop.test.drain().await;
            metric(&shop.door.operator().get(&format!("{MERCHANT}/health")).await.ok(), "odr")["status"].clone()
        };
        assert_eq!(status(noon - DAY).await, "breached");
        assert_ne!(status(noon).await, "breached");
    }

    async fn a_standing_recovers_on_the_first_day_on_which_playing_says_so(backend) {
        let shop = Shop::open(backend).await;
        let standing = shop.operator.get(&format!("{MERCHANT}/health/recovery")).await.ok()["standing"].clone();
        assert_eq!((&standing["code"], &standing["outlook"], &standing["projected"]), (&json!("restricted"), &json!("recovers"), &json!("restricted")));
        assert_eq!(standing["becomes"], json!({"code": "healthy", "title": "Healthy", "level": "good"}));
        let supposed = async |body: Value| {
            let health = shop.operator.post(&format!("{MERCHANT}/health/what-if"), &body).await.ok();
            (health["standing"]["projected"].clone(), health["reasons"].as_array().unwrap().len())
        };
        let fewest = standing["clean_orders"].as_i64().unwrap();
        assert_eq!(supposed(json!({"clean_orders": fewest})).await, (json!("healthy"), 0));
        assert_ne!(supposed(json!({"clean_orders": fewest - 1})).await.0, "healthy");
        // Every day played for itself, from the facts and not from the sums.
        let day = standing["recovers_on"].as_str().unwrap();
        let first = chrono::DateTime::parse_from_rfc3339(&format!("{day}T00:00:00-03:00")).unwrap().timestamp_millis();
        let days = (first - NOW) / DAY;
        for ago in 0..=days {
            let (seen, reasons) = supposed(json!({"as_of": rfc3339(first - ago * DAY)})).await;
            assert_eq!((seen == "healthy", reasons == 0), (ago == 0, ago == 0), "{ago} days before {day}: {seen}");
        }
        assert_eq!(shop.operator.post(&format!("{MERCHANT}/health/what-if"), &json!({"clean_orders": -1})).await.short(), "422 invalid clean_orders");
    }

    async fn who_is_well_has_nothing_to_recover_from(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("well", 30, NOW - 20 * DAY)).await;
        shop.test.drain().await;
        let recovery = shop.operator.get("/v1/marketplaces/olist/merchants/well/health/recovery").await.ok();
        let standing = &recovery["standing"];
        assert_eq!((&standing["level"], &standing["outlook"], &standing["clean_orders"]), (&json!("good"), &json!("well"), &Value::Null));
        assert!(recovery["metrics"].as_array().unwrap().iter().all(|m| m["outlook"] == "well" && m["recovers_on"].is_null()));
    }

    async fn what_if_stores_nothing(backend) {
        let shop = Shop::open(backend).await;
        let path = format!("{MERCHANT}/health");
        let before = shop.operator.get(&path).await.ok();
        let what_if = async |body: Value| shop.operator.post(&format!("{path}/what-if"), &body).await;
        let worse = what_if(json!({"add": {"orders": 10, "orders-defective": 10}})).await.ok();
        assert_eq!((&metric(&worse, "odr")["numerator"], &metric(&worse, "odr")["denominator"]), (&json!(14), &json!(70)));
        assert_eq!(what_if(json!({"add": {"orders": 1}, "as_of": rfc3339(NOW - 100 * DAY)})).await.ok()["verdict"], Value::Null);
        assert_eq!(shop.operator.get(&path).await.ok(), before);
        assert_eq!(what_if(json!({"add": {"nothing": 1}})).await.short(), "422 invalid add.nothing");
        assert_eq!(what_if(json!({"add": {"orders": i64::MAX}})).await.short(), "422 invalid add.orders");
    }
}

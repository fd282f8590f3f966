//! GET reports: a merchant's health in formats that merchants' tools read already.

use std::path::Path;

use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, event, good_orders, placed};
use andon_tests::{Door, TestApp, guests, on_both};
use axum::http::Method;
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

/// Orders that the platform ships, one with a claim and one with a chargeback; and violations of several policies.
fn trouble() -> Vec<Value> {
    let at = NOW - 20 * DAY;
    let mut events: Vec<Value> = (0..25).map(|i| placed(&format!("p-{i}"), "m", at - i)).collect();
    for order in &mut events {
        order["data"]["fulfilment"] = json!("platform");
    }
    let claim = |order: &str, kind: &str| {
        event(
            &format!("{order}-claimed"),
            "claim.opened",
            order,
            at + DAY,
            json!({"claim": format!("claim-{order}"), "kind": kind}),
        )
    };
    let violation = |id: &str, policy: &str| {
        event(id, "violation.recorded", id, at, json!({"merchant": "m", "policy": policy, "severity": "low"}))
    };
    events.extend([
        claim("p-0", "not-as-described"),
        claim("p-1", "chargeback-service"),
        violation("v-1", "intellectual-property"),
        violation("v-2", "intellectual-property"),
        violation("v-3", "authenticity"),
        violation("v-4", "reviews"),
    ]);
    events
}

/// What Amazon published, where it is at hand.
fn schema() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/schemas/accountHealthReport-2020-11-18.json");
    let text = std::fs::read_to_string(file).ok();
    if text.is_none() {
        eprintln!("skipped: no ../shared/data");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

on_both! {
    async fn amazons_report_adds_up_and_fits_its_schema(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&trouble()).await;
        shop.test.drain().await;
        let merchant = shop.door.merchant("m");
        let report = merchant.get(&format!("{MERCHANT}/reports/amazon-account-health")).await.ok();
        if let Some(schema) = schema() {
            let errors: Vec<_> = jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}: {report}");
        }
        assert_eq!(report["accountStatuses"], json!([{"marketplaceId": "olist", "status": "AT_RISK"}]));
        let metrics = &report["performanceMetrics"][0];
        let range = json!({"reportingDateFrom": "2024-03-18T03:00Z", "reportingDateTo": "2024-05-17T02:59Z"});
        let (mfn, afn) = (&metrics["orderDefectRate"]["mfn"], &metrics["orderDefectRate"]["afn"]);
        let parts = |side: &Value| ["orderWithDefects", "claims", "chargebacks", "negativeFeedback"].map(|part| side[part]["count"].as_i64().unwrap());
        assert_eq!((&mfn["orderCount"], parts(mfn), &mfn["status"], &mfn["reportingDateRange"]), (&json!(60), [4, 0, 0, 4], &json!("BAD"), &range));
        assert_eq!((&afn["orderCount"], parts(afn), &afn["status"], &afn["fulfillmentType"]), (&json!(25), [2, 1, 1, 0], &json!("BAD"), &json!("afn")));
        assert!((mfn["rate"].as_f64().unwrap() - 4.0 / 60.0).abs() < 1e-12);
        assert_eq!((&mfn["targetValue"], &mfn["targetCondition"]), (&json!(0.01), &json!("LESS_THAN")));
        // What is told apart is the reading's own.
        let health = merchant.get(&format!("{MERCHANT}/health")).await.ok();
        let reading = |code: &str| health["metrics"].as_array().unwrap().iter().find(|m| m["code"] == code).unwrap().clone();
        assert_eq!((&reading("odr")["numerator"], &reading("odr")["denominator"]), (&json!(6), &json!(85)));
        let late = &metrics["lateShipmentRate"];
        assert_eq!((&late["orderCount"], &late["lateShipmentCount"], &late["status"]), (&reading("late-shipment-rate-30")["denominator"], &json!(0), &json!("GOOD")));
        assert_eq!(metrics["unitOnTimeDeliveryRate"]["targetCondition"], "GREATER_THAN");
        let count = |member: &str| {
            let found = &metrics[member];
            (found["defectsCount"].as_i64().unwrap(), found["status"].as_str().unwrap(), found["targetCondition"].as_str().unwrap())
        };
        assert_eq!(count("receivedIntellectualPropertyComplaints"), (2, "GOOD", "LESS_THAN"));
        assert_eq!(count("productAuthenticityCustomerComplaints"), (1, "BAD", "EQUALS"));
        assert_eq!(count("productSafetyCustomerComplaints"), (0, "GOOD", "EQUALS"));
        assert_eq!(count("otherPolicyViolations"), (1, "BAD", "EQUALS"));
        assert_eq!(metrics["accountHealthRating"]["ahrStatus"], "WARNED");
        assert_eq!(metrics["invoiceDefectRate"]["status"], "NONE", "nothing measures it");

        // A target of the operator's own is the one that the report holds against.
        shop.operator.patch("/v1/marketplaces/olist", &json!({"overrides": {"odr": {"target": 0.1, "warn": 0.09}}})).await.ok();
        let report = merchant.get(&format!("{MERCHANT}/reports/amazon-account-health")).await.ok();
        let mfn = &report["performanceMetrics"][0]["orderDefectRate"]["mfn"];
        assert_eq!((&mfn["targetValue"], &mfn["status"]), (&json!(0.1), &json!("GOOD")));
        assert_eq!(merchant.get(&format!("{MERCHANT}/reports/ebay-seller-standards")).await.short(), "404 no-such-report");
    }

    async fn ebays_profile_says_what_was_evaluated_and_what_would_be(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::ebay()).await;
        test.create_market("olist", RulesSetup { rules: Some("ebay".into()), ..RulesSetup::default() }).await;
        let mut events = good_orders("s", 120, NOW - 40 * DAY);
        let cancelled = |i: i64| {
            let (order, at) = (format!("s-{i}"), NOW - 45 * DAY + (i + 1) * 3_600_000);
            event(&format!("{order}-cancelled"), "order.cancelled", &order, at, json!({"by": "merchant", "reason": "out-of-stock"}))
        };
        events.extend((0..3).map(cancelled));
        test.accept(&events).await;
        test.drain().await;
        let door = Door::new(&test);
        let merchant = door.merchant("s");
        let path = "/v1/marketplaces/olist/merchants/s/reports/ebay-seller-standards";
        let profiles = merchant.get(path).await.ok()["standardsProfiles"].clone();
        let shape = |p: &Value| (p["cycle"]["cycleType"].as_str().unwrap().to_owned(), p["standardsLevel"].as_str().unwrap().to_owned());
        let text = str::to_owned;
        assert_eq!(profiles.as_array().unwrap().iter().map(shape).collect::<Vec<_>>(), [(text("CURRENT"), text("ABOVE_STANDARD")), (text("PROJECTED"), text("ABOVE_STANDARD"))]);
        let metric = |profile: &Value, key: &str| profile["metrics"].as_array().unwrap().iter().find(|m| m["metricKey"] == key).unwrap().clone();
        let defects = metric(&profiles[1], "DEFECTIVE_TRANSACTION_RATE");
        assert_eq!(defects, json!({
            "metricKey": "DEFECTIVE_TRANSACTION_RATE", "name": "Transaction defect rate, 12 months", "type": "RATE",
            "value": {"value": "2.50", "numerator": 3, "denominator": 120}, "level": "ABOVE_STANDARD",
            "lookbackStartDate": "2023-05-01T03:00:00.000Z", "lookbackEndDate": "2024-04-30T03:00:00.000Z",
            "thresholdUpperBound": {"value": "2.00"}, "thresholdMetaData": "[LOWER,UPPER]",
        }), "too few buyers to be below");
        let brief = |key: &str| ["value", "level", "thresholdLowerBound", "thresholdUpperBound"].map(|part| metric(&profiles[1], key)[part].clone());
        assert_eq!(brief("DEFECTIVE_TRANSACTION_COUNT"), [json!(3), json!("TOP_RATED"), Value::Null, json!(3)]);
        assert_eq!(brief("MIN_TXN_COUNT"), [json!(120), json!("TOP_RATED"), json!(100), Value::Null]);
        let gmv = json!({"value": "2338.83", "currency": "BRL"});
        assert_eq!(brief("MIN_GMV"), [gmv, json!("TOP_RATED"), json!({"value": "1000.00", "currency": "BRL"}), Value::Null]);
        assert_eq!(brief("MIN_DAYS_ON_SITE")[1..3], [json!("ABOVE_STANDARD"), Value::Null]);
        let chinese = merchant.send(Method::GET, path, &[("accept-language", "zh")], Vec::new()).await.ok();
        assert_eq!(metric(&chinese["standardsProfiles"][1], "DEFECTIVE_TRANSACTION_RATE")["name"], "交易缺陷率（12个月）");

        // Two more buyers: the next evaluation would put the merchant below, the last one did not.
        test.accept(&(3..5).map(cancelled).collect::<Vec<_>>()).await;
        test.drain().await;
        let profiles = merchant.get(path).await.ok()["standardsProfiles"].clone();
        assert_eq!([&profiles[0], &profiles[1]].map(|p| p["standardsLevel"].as_str().unwrap()), ["ABOVE_STANDARD", "BELOW_STANDARD"]);
        let below = metric(&profiles[1], "DEFECTIVE_TRANSACTION_RATE");
        assert_eq!((&below["value"]["numerator"], &below["level"], &below["thresholdUpperBound"]), (&json!(5), &json!("BELOW_STANDARD"), &Value::Null));
        assert_eq!(metric(&profiles[0], "DEFECTIVE_TRANSACTION_RATE")["value"]["numerator"], 3);
        assert_eq!(merchant.get("/v1/marketplaces/olist/merchants/s/reports/amazon-account-health").await.short(), "404 no-such-report");
    }
}

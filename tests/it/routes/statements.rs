//! GET the statement of reasons: what was relied on, in the reader's language, as JSON and as a page on which nothing runs.

use andon::auth::Scope;
use andon_tests::on_both;
use axum::http::Method;
use serde_json::{Value, json};

use super::Shop;

const MARKET: &str = "/v1/marketplaces/olist";
const ENFORCEMENTS: &str = "/v1/marketplaces/olist/enforcements";

on_both! {
    async fn what_rules_decided_is_explained_down_to_the_orders(backend) {
        let shop = Shop::open(backend).await;
        let modes = json!({"ask-plan-of-action": "auto"});
        shop.operator.patch(MARKET, &json!({"action_modes": modes, "policy": {"new_merchant_days": 0}})).await.ok();
        shop.test.drain().await;
        let list = shop.operator.get(ENFORCEMENTS).await.ok();
        let find = |action: &str| {
            let item = list["items"].as_array().unwrap().iter().find(|item| item["action"] == action).unwrap();
            format!("{ENFORCEMENTS}/{}/statement", item["id"].as_str().unwrap())
        };
        let (path, merchant) = (find("ask-plan-of-action"), shop.door.merchant("m"));
        let statement = merchant.get(&path).await.ok();
        assert_eq!((&statement["language"], &statement["rules"]["name"]), (&json!("en"), &json!("amazon")));
        assert_eq!((&statement["found_automatically"], &statement["decided_automatically"]), (&json!(true), &json!(true)));
        let metrics: Vec<&Value> = statement["reasons"].as_array().unwrap().iter().map(|reason| &reason["metric"]).collect();
        let odr = metrics.iter().find(|metric| metric["code"] == "odr").unwrap();
        assert_eq!((&odr["numerator"], &odr["denominator"], &odr["compare"]), (&json!(4), &json!(60), &json!("less")));
        assert!(odr["window"]["from"].is_string() && odr["window"]["to"].is_string());
        let mut orders: Vec<&str> = statement["facts"].as_array().unwrap().iter().filter_map(|fact| fact["order"].as_str()).collect();
        orders.sort_unstable();
        assert_eq!(orders, ["m-0", "m-1", "m-2", "m-3"]);
        assert_eq!(statement["contest"]["until"], "2024-12-01T12:00:00Z");

        let headers = [("accept", "text/html,application/json;q=0.9"), ("accept-language", "zh-CN,en;q=0.5")];
        let page = merchant.send(Method::GET, &path, &headers, Vec::new()).await;
        let text = String::from_utf8(page.body.clone()).unwrap();
        assert_eq!((page.header("content-type"), page.header("content-language")), ("text/html; charset=utf-8", "zh-CN"));
        assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
        for said in ["<html lang=\"zh-CN\">", "要求您提交整改计划。", "m-0", "低于 0.01", "amazon"] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(page.header("vary").contains("accept-language"));
        let english = String::from_utf8(merchant.get(&format!("{path}?format=html")).await.body).unwrap();
        assert!(english.contains("You are asked for a plan of action.") && !english.contains("要求"));
        assert_eq!(merchant.get(&format!("{path}?format=pdf")).await.short(), "422 invalid format");
        assert_eq!(merchant.get(&find("suspend")).await.short(), "404 not-found", "it is only noted");
        assert_eq!(shop.operator.get(&find("suspend")).await.status, 200);
    }

    async fn people_are_not_named_and_their_words_are_text(backend) {
        let shop = Shop::open(backend).await;
        let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>";
        let body = json!({"merchant": "m", "action": "pull-listing", "listing": "l\"><b>1", "reason": "unsafe", "note": evil});
        let taken = shop.door.person("annabel", &[Scope::EnforcementsReview]).post(ENFORCEMENTS, &body).await.ok();
        let path = format!("{ENFORCEMENTS}/{}/statement", taken["id"].as_str().unwrap());
        let merchant = shop.door.merchant("m");
        let statement = merchant.get(&path).await.ok();
        assert_eq!((&statement["decided_automatically"], &statement["reasons"][0]["note"]), (&json!(false), &json!(evil)));
        let page = String::from_utf8(merchant.get(&format!("{path}?format=html")).await.body).unwrap();
        for bad in ["<script", "<img", "<b>", "annabel"] {
            assert!(!page.contains(bad), "{bad} in {page}");
        }
        assert!(page.contains("A listing of yours is taken off sale.") && page.contains("It was decided by a person."));
        assert!(!statement.to_string().contains("annabel"));
    }
}

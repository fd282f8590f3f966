//! GET, POST and PATCH marketplaces.

use andon::auth::{Grant, Scope};
use andon_tests::events::{DAY, NOW, rfc3339};
use andon_tests::{Door, TestApp, guests, on_both};
use serde_json::json;

use super::{MERCHANT, Shop};

on_both! {
    async fn set_up_shown_listed_and_changed(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::amazon()).await;
        let operator = Door::new(&test).operator();
        let new = json!({"code": "shop", "name": "Shop", "currency": "BRL", "time_zone": "America/Sao_Paulo", "rules": {"name": "amazon"}});
        let created = operator.post("/v1/marketplaces", &new).await;
        assert_eq!((created.status, created.header("location")), (201, "/v1/marketplaces/shop"));
        let made = created.json();
        assert_eq!((&made["clock"], &made["locale"], &made["rules"]["name"]), (&json!("system"), &json!("en"), &json!("amazon")));
        assert_eq!(operator.post("/v1/marketplaces", &new).await.short(), "409 conflict");
        assert_eq!(operator.get("/v1/marketplaces/shop").await.ok(), made);
        assert_eq!(operator.get("/v1/marketplaces").await.ok(), json!({"items": [made], "next": null}));

        let patch = json!({"name": "Loja", "overrides": {"odr": {"target": 0.05}}});
        let changed = operator.patch("/v1/marketplaces/shop", &patch).await.ok();
        assert_eq!((&changed["name"], &changed["overrides"]["odr"]["target"]), (&json!("Loja"), &json!(0.05)));
        let undone = operator.patch("/v1/marketplaces/shop", &json!({"overrides": {"odr": null}})).await.ok();
        assert_eq!(undone["overrides"], json!({}));
    }

    async fn an_override_judges_everybody_anew(backend) {
        let shop = Shop::open(backend).await;
        let odr = async || shop.operator.get(&format!("{MERCHANT}/health")).await.ok()["metrics"].as_array().unwrap().iter()
            .find(|m| m["code"] == "odr").unwrap().clone();
        assert_eq!(odr().await["status"], "breached");
        let lenient = json!({"overrides": {"odr": {"target": 0.2, "warn": 0.1}}});
        shop.operator.patch("/v1/marketplaces/olist", &lenient).await.ok();
        shop.test.drain().await;
        let after = odr().await;
        assert_eq!((&after["status"], &after["target"], &after["numerator"]), (&json!("good"), &json!(0.2), &json!(4)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_set_up_is_named() {
    let test = TestApp::new(andon_tests::Backend::Sqlite).await;
    let operator = Door::new(&test).operator();
    let good = json!({"code": "shop", "name": "Shop", "currency": "BRL", "time_zone": "UTC", "rules": "amazon"});
    for (member, value, expected) in [
        ("code", json!("Shop!"), "422 invalid code"),
        ("currency", json!("real"), "422 invalid currency"),
        ("time_zone", json!("Mars/Olympus"), "422 invalid time_zone"),
        ("clock", json!("sundial"), "422 invalid clock"),
        ("rules", json!("nobodys"), "422 invalid rules"),
        ("settings", json!({"preview-days": 99}), "422 invalid settings.preview-days"),
        ("settings", json!({"counted-claim-states": "lost"}), "422 invalid settings.counted-claim-states"),
        ("overrides", json!({"nothing": {"target": 1}}), "422 invalid overrides"),
        ("action_modes", json!({"suspend": "always"}), "422 invalid action_modes.suspend"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        assert_eq!(operator.post("/v1/marketplaces", &body).await.short(), expected, "{body}");
    }
    let unknown = json!({"code": "shop", "name": "Shop", "currency": "BRL", "time_zone": "UTC", "colour": "red"});
    let answer = operator.post("/v1/marketplaces", &unknown).await;
    assert!(answer.status == 422 || answer.status == 400, "{}", answer.short());
    assert_eq!(operator.get("/v1/marketplaces/shop").await.short(), "404 not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_marketplace_and_an_unknown_one_look_alike() {
    let test = TestApp::new(andon_tests::Backend::Sqlite).await;
    let door = Door::new(&test);
    let grant = Grant { scopes: vec![Scope::Admin], marketplaces: vec!["elsewhere".into()], ..door.grant() };
    let foreigner = door.with_token(door.token(&grant, door.policy(), NOW));
    let (foreign, unknown) =
        (foreigner.get("/v1/marketplaces/olist").await, door.operator().get("/v1/marketplaces/nowhere").await);
    assert_eq!((foreign.short(), &foreign.body), ("404 not-found".into(), &unknown.body));
    assert_eq!(foreigner.get("/v1/marketplaces").await.ok()["items"], json!([]));
    let merchant = door.merchant("m");
    assert_eq!(merchant.post("/v1/marketplaces", &json!({})).await.short(), "403 forbidden");
    let stale = door.token(&grant, door.policy(), NOW - DAY);
    assert_eq!(door.with_token(stale).get("/v1/marketplaces").await.short(), "401 unauthenticated", "{}", rfc3339(NOW));
}

//! `/v1/plugins/{name}/versions/{v}/…` and `/v1/marketplaces/{m}/generations`: an author may watch, only an operator switches.

use andon::auth::{Grant, Scope};
use andon_tests::events::NOW;
use andon_tests::{Client, on_both};
use axum::http::Method;
use serde_json::{Value, json};

use super::Shop;

const VERSION: &str = "/v1/plugins/amazon/versions/0.1.0";
const GENERATIONS: &str = "/v1/marketplaces/olist/generations";

on_both! {
    async fn only_an_operator_switches(backend) {
        let shop = Shop::open(backend).await;
        let body = json!({"marketplace": "olist", "settings": {"preview-days": 1}});
        let begun = shop.operator.post(&format!("{VERSION}/shadow"), &body).await.ok();
        let generation = format!("{GENERATIONS}/{}", begun["id"]);
        let (author, reader) = (shop.door.with_scopes(&[Scope::PluginsWrite]), shop.door.with_scopes(&[Scope::HealthRead]));
        let merchant = shop.door.merchant("m");
        let elsewhere = Grant { scopes: vec![Scope::Admin], marketplaces: vec!["elsewhere".into()], ..shop.door.grant() };
        let elsewhere = shop.door.with_token(shop.door.token(&elsewhere, shop.door.policy(), NOW));
        let status = async |client: &Client, write: bool, path: &str, body: &Value| {
            if write { client.post(path, body).await.short() } else { client.get(path).await.short() }
        };
        let (forbidden, unknown, foreign) = ("403 forbidden", "404 not-found", "422 invalid marketplace");
        for (write, path, body, author_gets, reader_gets, elsewhere_gets) in [
            (true, format!("{VERSION}/activate"), &body, forbidden, forbidden, foreign),
            (true, format!("{VERSION}/shadow"), &body, forbidden, forbidden, foreign),
            (true, format!("{VERSION}/rollback"), &json!({"marketplace": "olist"}), forbidden, forbidden, foreign),
            (true, format!("{generation}/pause"), &json!({}), forbidden, forbidden, unknown),
            (true, format!("{generation}/resume"), &json!({}), forbidden, forbidden, unknown),
            (true, format!("{generation}/cancel"), &json!({}), forbidden, forbidden, unknown),
            (false, GENERATIONS.to_owned(), &json!({}), "200", "200", unknown),
            (false, generation.clone(), &json!({}), "200", "200", unknown),
            (false, format!("{generation}/shadow"), &json!({}), "200", "200", unknown),
            (false, format!("{generation}/shadow/merchants"), &json!({}), forbidden, "200", unknown),
        ] {
            assert_eq!(status(&author, write, &path, body).await, author_gets, "an author at {path}");
            assert_eq!(status(&reader, write, &path, body).await, reader_gets, "a reader at {path}");
            assert_eq!(status(&merchant, write, &path, body).await, forbidden, "a merchant at {path}");
            assert_eq!(status(&elsewhere, write, &path, body).await, elsewhere_gets, "another operator at {path}");
            assert_eq!(status(&shop.door.stranger(), write, &path, body).await, "401 unauthenticated", "{path}");
        }
        for verb in ["pause", "resume", "cancel"] {
            let refused = shop.operator.post(&format!("{generation}/{verb}"), &json!({"nonsense": 1})).await;
            assert!(refused.short().starts_with("422 invalid"), "{verb}: {}", refused.short());
        }
        assert_eq!(shop.operator.get(&generation).await.ok()["state"], "shadow", "nothing was moved");
        let cancel = format!("{generation}/cancel");
        let cancelled = shop.operator.send(Method::POST, &cancel, &[], Vec::new()).await.ok();
        assert_eq!(cancelled["state"], "retiring", "without a body too");
    }

    async fn a_generation_is_shown_from_its_first_day_to_its_last(backend) {
        let shop = Shop::open(backend).await;
        let first = shop.operator.get(GENERATIONS).await.ok();
        let in_force = &first["items"][0];
        assert_eq!((&in_force["state"], &in_force["rules"]["name"], &in_force["author"]), (&json!("active"), &json!("amazon"), &json!(null)));
        let plan = json!({"marketplace": "olist", "share": 10, "settings": {"preview-days": 1}, "note": "Carefully.",
            "band": {"standing_changes": {"max": 0.6}, "merchants": 5}});
        let begun = shop.operator.post(&format!("{VERSION}/activate"), &plan).await.ok();
        assert_eq!((&begun["state"], &begun["share"], &begun["note"], &begun["author"]), (&json!("rolling-out"), &json!(10), &json!("Carefully."), &json!("somebody")));
        assert_eq!(begun["band"], json!({"new_breaches": {}, "faults": {}, "standing_changes": {"max": 0.6}, "merchants": 5}));
        assert_eq!((&begun["settings"], &begun["progress"]), (&json!({"preview-days": "1"}), &json!(null)));
        let page = shop.operator.get(&format!("{GENERATIONS}?limit=1")).await.ok();
        assert_eq!(page["items"], json!([begun]));
        let next = page["next"].as_str().unwrap();
        let rest = shop.operator.get(&format!("{GENERATIONS}?cursor={next}")).await.ok();
        assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&in_force["id"], &json!(null)));
        let back = shop.operator.post(&format!("{VERSION}/rollback"), &json!({"marketplace": "olist"})).await.ok();
        assert_eq!((&back["id"], &back["state"], &back["stopped"]), (&begun["id"], &json!("shadow"), &json!("rolled back by somebody")));
        assert_eq!(shop.operator.post(&format!("{VERSION}/rollback"), &json!({"marketplace": "olist"})).await.short(), "409 conflict");
    }

    async fn what_cannot_be_is_named(backend) {
        let shop = Shop::open(backend).await;
        for (member, value, expected) in [
            ("marketplace", json!("nowhere"), "422 invalid marketplace"),
            ("share", json!(0), "422 invalid share"),
            ("share", json!(101), "422 invalid share"),
            ("settings", json!({"preview-days": 99}), "422 invalid settings.preview-days"),
            ("settings", json!({"colour": "red"}), "422 invalid settings.colour"),
            ("note", json!(" "), "422 invalid note"),
            ("effective_at", json!("tomorrow"), "422 invalid effective_at"),
            ("effective_at", json!("2024-06-01T00:00:00Z"), "422 invalid effective_at"),
            ("band", json!({"faults": {"max": 0.1}}), "422 invalid band"),
        ] {
            let mut body = json!({"marketplace": "olist"});
            body[member] = value;
            assert_eq!(shop.operator.post(&format!("{VERSION}/activate"), &body).await.short(), expected, "{body}");
        }
        let impossible = json!({"marketplace": "olist", "share": 10, "band": {"faults": {"max": 1.5}}});
        assert_eq!(shop.operator.post(&format!("{VERSION}/activate"), &impossible).await.short(), "422 invalid band.faults");
        let body = json!({"marketplace": "olist"});
        for path in ["/v1/plugins/nobodys/versions/0.1.0/activate", "/v1/plugins/amazon/versions/9.9.9/shadow"] {
            assert_eq!(shop.operator.post(path, &body).await.short(), "404 not-found", "{path}");
        }
        assert_eq!(shop.operator.post(&format!("{VERSION}/activate"), &body).await.ok()["state"], "active", "it is already");
        assert_eq!(shop.operator.post(&format!("{VERSION}/shadow"), &body).await.short(), "409 conflict");
        for path in ["0", "x", "99999"] {
            assert_eq!(shop.operator.get(&format!("{GENERATIONS}/{path}")).await.short(), "404 not-found");
        }
    }
}

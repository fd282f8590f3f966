//! `/v1/plugins/{name}/versions/{v}/backtests`: an author asks, waits and reads; whose facts these are only those learn who may.

use andon::auth::{Grant, Scope};
use andon_tests::events::NOW;
use andon_tests::guests::hostile;
use andon_tests::{Client, MARKET, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Shop;

const BACKTESTS: &str = "/v1/plugins/amazon/versions/0.1.0/backtests";

/// The last day up to now, under rules that restrict nobody before the 31st day of a breach.
fn question() -> Value {
    json!({"marketplace": MARKET, "from": "2024-05-30T12:00:00Z", "to": "2024-05-31T12:00:00Z", "settings": {"preview-days": 31}})
}

/// Does the backtest that has waited longest; says whether one waited.
async fn work(shop: &Shop) -> bool {
    shop.test.app.next_backtest(&CancellationToken::new()).await.unwrap()
}

fn author(shop: &Shop) -> Client {
    shop.door.with_scopes(&[Scope::PluginsWrite])
}

on_both! {
    async fn a_question_becomes_a_report_in_every_form(backend) {
        let shop = Shop::open(backend).await;
        let author = author(&shop);
        let asked = author.post(BACKTESTS, &question()).await;
        let place = asked.header("location").to_owned();
        let job = asked.json();
        assert_eq!((asked.status, &place), (202, &format!("{BACKTESTS}/{}", job["id"])));
        assert_eq!((&job["state"], &job["every"], &job["settings"]), (&json!("queued"), &json!("1d"), &json!({"preview-days": "31"})));
        assert_eq!((&job["progress"], &job["started_at"], &job["author"]), (&json!(null), &json!(null), &json!("somebody")));
        assert_eq!(author.get(&format!("{place}/report")).await.short(), "409 conflict");
        assert!(work(&shop).await && !work(&shop).await);
        let done = author.get(&place).await.ok();
        assert_eq!((&done["state"], &done["ended_at"], &done["error"]), (&json!("done"), &json!("2024-05-31T12:00:00Z"), &json!(null)));

        let report = shop.operator.get(&format!("{place}/report")).await.ok();
        assert_eq!((&report["coverage"]["merchants"], &report["coverage"]["orders"], &report["coverage"]["compared"]), (&json!(1), &json!(60), &json!(2)));
        assert_eq!((&report["changed"], &report["merchants"][0]["merchant"]), (&json!(1), &json!("m")), "{report}");
        assert!(report["merchants"][0]["evidence"].as_array().unwrap().iter().all(|c| c["reference"].as_str().unwrap().starts_with("m-")));
        let masked = author.get(&format!("{place}/report")).await.ok();
        let (name, order) = (&masked["merchants"][0]["merchant"], &masked["merchants"][0]["evidence"][0]["reference"]);
        assert!(name.as_str().unwrap().starts_with("merchant-") && order.as_str().unwrap().starts_with("order-"), "{masked}");
        assert_eq!(masked["coverage"], report["coverage"]);

        for (format, media, wanted) in [
            ("csv", "text/csv; charset=utf-8", "\nmerchant,m,"),
            ("html", "text/html; charset=utf-8", "<h3>m: "),
            ("text", "text/plain; charset=utf-8", "\n  m: "),
            ("json", "application/json", "\"coverage\""),
        ] {
            let named = shop.operator.get(&format!("{place}/report?format={format}")).await;
            assert_eq!((named.status, named.header("content-type")), (200, media));
            assert!(String::from_utf8(named.body.clone()).unwrap().contains(wanted), "{format}");
            let accepted = media.split(';').next().unwrap();
            let negotiated = shop.operator.send(Method::GET, &format!("{place}/report"), &[("accept", accepted)], vec![]).await;
            assert_eq!((&negotiated.body, negotiated.header("vary").contains("accept")), (&named.body, true));
            assert_eq!(named.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"), format == "html");
        }
        let list = author.get(BACKTESTS).await.ok();
        assert_eq!((&list["items"], &list["next"]), (&json!([done]), &json!(null)));
    }

    async fn whoever_may_not_push_may_not_ask(backend) {
        let shop = Shop::open(backend).await;
        let place = author(&shop).post(BACKTESTS, &question()).await.header("location").to_owned();
        let elsewhere = Grant { scopes: vec![Scope::PluginsWrite], marketplaces: vec!["elsewhere".into()], ..shop.door.grant() };
        let elsewhere = shop.door.with_token(shop.door.token(&elsewhere, shop.door.policy(), NOW));
        let (reader, merchant) = (shop.door.with_scopes(&[Scope::HealthRead]), shop.door.merchant("m"));
        for (path, elsewhere_gets) in [
            (BACKTESTS.to_owned(), "200"),
            (place.clone(), "404 not-found"),
            (format!("{place}/report"), "404 not-found"),
        ] {
            assert_eq!(reader.get(&path).await.short(), "403 forbidden", "{path}");
            assert_eq!(merchant.get(&path).await.short(), "403 forbidden", "{path}");
            assert_eq!(elsewhere.get(&path).await.short(), elsewhere_gets, "{path}");
            assert_eq!(shop.door.stranger().get(&path).await.short(), "401 unauthenticated", "{path}");
        }
        assert_eq!(elsewhere.get(BACKTESTS).await.ok()["items"], json!([]));
        for (path, body, elsewhere_gets) in
            [(BACKTESTS.to_owned(), question(), "422 invalid marketplace"), (format!("{place}/cancel"), json!({}), "404 not-found")]
        {
            assert_eq!(reader.post(&path, &body).await.short(), "403 forbidden", "{path}");
            assert_eq!(merchant.post(&path, &body).await.short(), "403 forbidden", "{path}");
            assert_eq!(elsewhere.post(&path, &body).await.short(), elsewhere_gets, "{path}");
            assert_eq!(shop.door.stranger().post(&path, &body).await.short(), "401 unauthenticated", "{path}");
        }
    }

    async fn what_cannot_be_asked_is_named(backend) {
        let shop = Shop::open(backend).await;
        let author = author(&shop);
        for (field, value, problem) in [
            ("marketplace", json!("nowhere"), "422 invalid marketplace"),
            ("from", json!("yesterday"), "422 invalid from"),
            ("from", json!("1999-01-01"), "422 invalid from"),
            ("to", json!("2024-05-30T11:59:59Z"), "422 invalid to"),
            ("to", json!("2024-06-01"), "422 invalid to"),
            ("every", json!("0d"), "422 invalid every"),
            ("every", json!("1 day"), "422 invalid every"),
            ("settings", json!({"preview-days": "many"}), "422 invalid settings.preview-days"),
            ("settings", json!({"nonsense": 1}), "422 invalid settings.nonsense"),
        ] {
            let mut body = question();
            body[field] = value.clone();
            assert_eq!(author.post(BACKTESTS, &body).await.short(), problem, "{field} {value}");
        }
        let many = json!({"marketplace": MARKET, "from": "2022-05-01", "to": "2024-05-01", "every": "1h"});
        assert_eq!(author.post(BACKTESTS, &many).await.short(), "422 invalid every");
        assert_eq!(author.post("/v1/plugins/amazon/versions/9.9.9/backtests", &question()).await.short(), "404 not-found");
        let place = author.post(BACKTESTS, &question()).await.header("location").to_owned();
        assert_eq!(author.get(&format!("{place}/report?format=pdf")).await.short(), "422 invalid format");
        for path in ["0", "x", "99999"] {
            assert_eq!(author.get(&format!("{BACKTESTS}/{path}")).await.short(), "404 not-found");
        }
        // One by one until as many wait as may.
        let mut answers = Vec::new();
        while answers.last().is_none_or(|last| last == "202") {
            answers.push(author.post(BACKTESTS, &question()).await.short());
        }
        assert_eq!((answers.len(), answers.last().unwrap().as_str()), (20, "503 overloaded"));
    }

    async fn what_is_called_off_is_not_done(backend) {
        let shop = Shop::open(backend).await;
        let author = author(&shop);
        let place = author.post(BACKTESTS, &question()).await.header("location").to_owned();
        let cancelled = author.post(&format!("{place}/cancel"), &json!({})).await.ok();
        assert_eq!((&cancelled["state"], &cancelled["ended_at"]), (&json!("cancelled"), &json!("2024-05-31T12:00:00Z")));
        assert_eq!(author.post(&format!("{place}/cancel"), &json!({})).await.short(), "409 conflict");
        assert!(!work(&shop).await);
        // One that is called off while it is under way stays called off, whatever comes of it.
        let place = author.post(BACKTESTS, &question()).await.header("location").to_owned();
        let (store, now) = (&shop.test.app.store, NOW);
        let running = store.claim_backtest(now).await.unwrap().unwrap();
        assert_eq!(author.get(&place).await.ok()["state"], "running");
        author.post(&format!("{place}/cancel"), &json!({})).await.ok();
        assert!(!store.end_backtest(&running, Ok("{}".into()), now).await.unwrap());
        assert_eq!(author.get(&place).await.ok()["state"], "cancelled");
        assert_eq!(author.get(&format!("{place}/report")).await.short(), "409 conflict");
    }

    async fn a_restart_loses_nothing_silently(backend) {
        let shop = Shop::open(backend).await;
        let author = author(&shop);
        let mut locations = Vec::new();
        for _ in 0..2 {
            locations.push(author.post(BACKTESTS, &question()).await.header("location").to_owned());
        }
        shop.test.app.store.claim_backtest(NOW).await.unwrap().unwrap();
        drop(author);
        let Shop { test, door, operator } = shop;
        drop((door, operator));
        let test = test.restarted().await;
        let (door, stopped) = (andon_tests::Door::new(&test), CancellationToken::new());
        stopped.cancel();
        test.app.work_on_backtests(&stopped).await;
        let operator = door.operator();
        let interrupted = operator.get(&locations[0]).await.ok();
        assert_eq!(interrupted["state"], "failed");
        assert!(interrupted["error"].as_str().unwrap().contains("the host was stopped"), "{interrupted}");
        assert_eq!(operator.get(&locations[1]).await.ok()["state"], "queued");
        assert!(test.app.next_backtest(&CancellationToken::new()).await.unwrap());
        assert_eq!(operator.get(&locations[1]).await.ok()["state"], "done");
    }

    async fn rules_that_may_not_be_asked_any_more_fail_with_the_reason(backend) {
        let shop = Shop::open(backend).await;
        let author = author(&shop);
        let pushed = author.send(Method::POST, "/v1/plugins", &[("content-type", "application/wasm")], hostile().to_vec()).await;
        let version = pushed.header("location").to_owned();
        let body = json!({"marketplace": MARKET, "from": "2024-05-30", "to": "2024-05-31", "settings": {}});
        let place = author.post(&format!("{version}/backtests"), &body).await.header("location").to_owned();
        shop.operator.post(&format!("{version}/quarantine"), &json!({"reason": "it smells"})).await.ok();
        assert!(work(&shop).await);
        let failed = author.get(&place).await.ok();
        assert_eq!(failed["state"], "failed");
        assert!(failed["error"].as_str().unwrap().contains("it smells"), "{failed}");
        assert_eq!(author.post(&format!("{version}/backtests"), &body).await.short(), "503 rules-failed");
    }

    async fn of_each_marketplace_the_last_fifty_are_kept(backend) {
        let shop = Shop::open(backend).await;
        let author = author(&shop);
        let store = &shop.test.app.store;
        for _ in 0..53 {
            assert_eq!(author.post(BACKTESTS, &question()).await.status, 202);
            let row = store.claim_backtest(NOW).await.unwrap().unwrap();
            assert!(store.end_backtest(&row, Err("no".into()), NOW).await.unwrap());
        }
        let kept = author.get(&format!("{BACKTESTS}?limit=100")).await.ok();
        assert_eq!(kept["items"].as_array().unwrap().len(), 50);
        let page = author.get(&format!("{BACKTESTS}?limit=30")).await.ok();
        let rest = author.get(&format!("{BACKTESTS}?limit=30&cursor={}", page["next"].as_str().unwrap())).await.ok();
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (20, &json!(null)));
    }
}

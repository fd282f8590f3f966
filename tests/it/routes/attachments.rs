//! POST and GET attachments: kept once under a digest, told by their bytes, given back only to their merchant and to reviewers, and
//! harmless there.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, good_orders};
use andon_tests::{Answer, Client, on_both};
use axum::http::Method;
use serde_json::json;

use super::{MERCHANT, Shop};

const OTHER: &str = "/v1/marketplaces/olist/merchants/other";
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x08\xd7\x63\x68\0\0\0\
    \x82\0\x81\xdd\x43\x6a\xf4\0\0\0\0IEND\xae\x42\x60\x82";

async fn upload(client: &Client, merchant: &str, kind: &str, bytes: &[u8]) -> Answer {
    client.send(Method::POST, &format!("{merchant}/attachments"), &[("content-type", kind)], bytes.to_vec()).await
}

async fn kept(client: &Client, merchant: &str, text: &str) -> String {
    upload(client, merchant, "text/plain", text.as_bytes()).await.ok()["digest"].as_str().unwrap().to_owned()
}

on_both! {
    async fn a_file_is_kept_once_and_given_back_to_be_saved(backend) {
        let shop = Shop::open(backend).await;
        let merchant = shop.door.merchant("m");
        let first = upload(&merchant, MERCHANT, "image/png", PNG).await;
        assert_eq!((first.status, &first.ok()["media_type"], &first.ok()["size"]), (201, &json!("image/png"), &json!(PNG.len())));
        assert_eq!(upload(&merchant, MERCHANT, "image/png", PNG).await.status, 200);
        let digest = first.ok()["digest"].as_str().unwrap().to_owned();
        let path = format!("{MERCHANT}/attachments/{digest}");
        for client in [&merchant, &shop.door.person("rita", &[Scope::EnforcementsReview])] {
            let file = client.get(&path).await;
            assert_eq!((file.status, file.body.as_slice()), (200, PNG));
            assert_eq!((file.header("content-type"), file.header("x-content-type-options")), ("image/png", "nosniff"));
            let name = format!("attachment; filename=\"{}.png\"", &digest[7..23]);
            assert_eq!(file.header("content-disposition"), name);
            assert!(file.header("content-security-policy").starts_with("default-src 'none'; sandbox"));
        }
        let reader = shop.door.with_scopes(&[Scope::HealthRead]);
        assert_eq!(reader.get(&path).await.short(), "403 forbidden");
    }

    async fn what_is_not_what_it_says_is_not_kept(backend) {
        let shop = Shop::open(backend).await;
        let merchant = shop.door.merchant("m");
        let page = b"<html><script>alert(1)</script></html>";
        for (kind, bytes, expected) in [
            ("text/html", &page[..], "415 media-type"),
            ("image/svg+xml", b"<svg onload='alert(1)'/>", "415 media-type"),
            ("application/zip", b"PK\x03\x04", "415 media-type"),
            ("text/plain; charset=utf-16", b"a", "415 media-type"),
            ("text/plain", page, "422 invalid content-type"),
            ("text/plain", b"", "422 invalid content-type"),
            ("image/jpeg", PNG, "422 invalid content-type"),
            ("application/pdf", page, "422 invalid content-type"),
            ("image/png", &[PNG, page].concat(), "422 invalid content-type"),
            ("image/png", &[PNG, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"].concat(), "422 invalid content-type"),
            ("text/plain", &vec![b'a'; (5 << 20) + 1], "413 too-large"),
        ] {
            assert_eq!(upload(&merchant, MERCHANT, kind, bytes).await.short(), expected, "{kind}: {} bytes", bytes.len());
        }
        assert_eq!(upload(&merchant, MERCHANT, "text/plain", &vec![b'a'; 5 << 20]).await.status, 201);
        let headers = [("content-type", "text/plain"), ("content-disposition", "attachment; filename=\"../../etc/passwd\"")];
        let named = merchant.send(Method::POST, &format!("{MERCHANT}/attachments"), &headers, b"root".to_vec()).await.ok();
        let file = merchant.get(&format!("{MERCHANT}/attachments/{}", named["digest"].as_str().unwrap())).await;
        assert!(!file.header("content-disposition").contains("passwd"), "files have no names");
        for name in ["..%2F..%2Fetc%2Fpasswd", "sha256:..", "x'%20or%201=1--", "a%0D%0ASet-Cookie:b"] {
            assert_eq!(merchant.get(&format!("{MERCHANT}/attachments/{name}")).await.short(), "404 not-found", "{name}");
        }
    }

    async fn anothers_file_looks_like_none(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("other", 1, NOW - 20 * DAY)).await;
        let (merchant, other) = (shop.door.merchant("m"), shop.door.merchant("other"));
        let digest = kept(&merchant, MERCHANT, "mine").await;
        let unknown = other.get(&format!("{OTHER}/attachments/sha256:00")).await;
        for path in [format!("{MERCHANT}/attachments/{digest}"), format!("{OTHER}/attachments/{digest}")] {
            let answer = other.get(&path).await;
            assert_eq!((answer.short(), &answer.body), ("404 not-found".into(), &unknown.body), "{path}");
        }
        assert_eq!(upload(&other, MERCHANT, "text/plain", b"theirs").await.short(), "404 not-found");
        assert_eq!(upload(&other, OTHER, "text/plain", b"mine").await.status, 201, "nobody learns that another has it");
    }

    async fn few_files_wait_and_those_that_an_appeal_names_stay(backend) {
        let shop = Shop::open(backend).await;
        let merchant = shop.door.merchant("m");
        let mut digests = Vec::new();
        for i in 0..20 {
            digests.push(kept(&merchant, MERCHANT, &format!("file {i}")).await);
        }
        assert_eq!(upload(&merchant, MERCHANT, "text/plain", b"one more").await.short(), "409 conflict");
        let body = json!({"merchant": "m", "action": "suspend", "reason": "complaints", "note": "Buyers complain."});
        let enforcements = "/v1/marketplaces/olist/enforcements";
        let taken = shop.door.person("ann", &[Scope::EnforcementsReview]).post(enforcements, &body).await.ok();
        let plan = json!({"cause": "a", "correction": "b", "prevention": "c"});
        let path = format!("{enforcements}/{}/appeals", taken["id"].as_str().unwrap());
        let appeal = merchant.post(&path, &json!({"plan": plan, "attachments": digests[..9]})).await.ok();
        assert_eq!(appeal["attachments"].as_array().unwrap().len(), 9);
        let appeal = format!("/v1/marketplaces/olist/appeals/{}", appeal["id"].as_str().unwrap());
        let ask = json!({"outcome": "ask-for-more", "reason": "The invoices, please."});
        shop.door.person("rita", &[Scope::EnforcementsReview]).post(&format!("{appeal}/answer"), &ask).await.ok();
        let more = |digests: &[String]| json!({"note": "Here they are.", "attachments": digests});
        assert_eq!(merchant.post(&format!("{appeal}/more"), &more(&digests[9..11])).await.short(), "422 invalid attachments");
        assert_eq!(merchant.post(&format!("{appeal}/more"), &more(&digests[8..10])).await.ok()["phase"], "more-given");
        shop.test.clock.advance(8 * DAY);
        let merchant = shop.door.merchant("m");
        assert_eq!(upload(&merchant, MERCHANT, "text/plain", b"one more").await.status, 201);
        assert_eq!(merchant.get(&format!("{MERCHANT}/attachments/{}", digests[9])).await.status, 200, "it is named");
        assert_eq!(merchant.get(&format!("{MERCHANT}/attachments/{}", digests[10])).await.short(), "404 not-found");
    }
}

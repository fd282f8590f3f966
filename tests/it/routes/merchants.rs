//! GET and PUT merchants: listed by the page, filtered, registered.

use std::collections::BTreeSet;

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, good_orders, rated, rfc3339};
use andon_tests::{Backend, Client, Door, MARKET, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const MERCHANTS: &str = "/v1/marketplaces/olist/merchants";

/// Whether a merchant belongs in a list.
type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// What a merchant's place in a list goes by.
type Key = for<'a> fn(&'a Value) -> (i64, &'a str);

fn refs(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|m| m["ref"].as_str().unwrap()).collect()
}

/// References of all pages of a list, two a page.
async fn all_pages(client: &Client, query: &str) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{MERCHANTS}?limit=2&{query}{cursor}")).await.ok();
        seen.extend(refs(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

/// Seven merchants of three standings, judged at three moments, and one whom nobody has judged.
async fn market(backend: Backend) -> Shop {
    let mut shop = Shop::open(backend).await;
    for (hour, orders, bad) in [(1, 30, 0), (2, 220, 2), (3, 30, 0)] {
        shop.test.clock.set(NOW + hour * 3_600_000);
        for name in ["a", "b"] {
            let merchant = format!("{name}{hour}");
            let mut events = good_orders(&merchant, orders, NOW - 20 * DAY);
            events.extend((0..bad).map(|i| rated(&format!("{merchant}-{i}"), 1, NOW - 19 * DAY)));
            shop.test.accept(&events).await;
        }
        shop.test.drain().await;
    }
    // Her token has expired meanwhile.
    shop.operator = shop.door.operator();
    shop.operator.put(&format!("{MERCHANTS}/new"), &json!({"name": "New"})).await.ok();
    shop
}

on_both! {
    async fn pages_cover_everybody_once(backend) {
        let shop = Shop::open(backend).await;
        for i in 0..6 {
            shop.test.accept(&good_orders(&format!("n{i}"), i + 1, NOW - 20 * DAY)).await;
        }
        shop.test.drain().await;
        for sort in ["", "&sort=score", "&sort=orders", "&sort=since", "&sort=orders&order=asc"] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = shop.operator.get(&format!("{MERCHANTS}?limit=3{sort}{cursor}")).await.ok();
                seen.extend(refs(&page).into_iter().map(str::to_owned));
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            if sort == "&sort=orders" {
                assert_eq!(seen[..2], ["m", "n5"]);
            }
            seen.sort();
            assert_eq!(seen, ["m", "n0", "n1", "n2", "n3", "n4", "n5"], "{sort}");
        }
    }

    async fn filters_narrow_the_list(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("quiet", 3, NOW - 20 * DAY)).await;
        shop.test.drain().await;
        for (filter, expected) in [
            ("metric=odr&status=breached", vec!["m"]),
            ("metric=odr&status=good", vec![]),
            ("text=quie", vec!["quiet"]),
            ("text=%25", vec![]),
            ("min_score=0", vec!["m", "quiet"]),
            ("min_score=1001", vec![]),
        ] {
            assert_eq!(refs(&shop.operator.get(&format!("{MERCHANTS}?{filter}")).await.ok()), expected, "{filter}");
        }
        for (query, expected) in [
            ("metric=odr", "422 invalid status"),
            ("metric=nothing&status=good", "422 invalid metric"),
            ("limit=0", "422 invalid limit"),
            ("limit=201", "422 invalid limit"),
        ] {
            assert_eq!(shop.operator.get(&format!("{MERCHANTS}?{query}")).await.short(), expected, "{query}");
        }
    }

    async fn lists_by_standing_level_and_score_hold_whom_they_should(backend) {
        let shop = market(backend).await;
        let all = shop.operator.get(MERCHANTS).await.ok()["items"].as_array().unwrap().clone();
        let scores: BTreeSet<i64> = all.iter().filter_map(|m| m["score"].as_i64()).collect();
        let codes: BTreeSet<&str> = all.iter().filter_map(|m| m["standing"]["code"].as_str()).collect();
        assert!(scores.len() > 2 && codes.len() > 1, "{all:?}");
        let middle = *scores.iter().nth(1).unwrap();
        let score = |m: &Value, fits: &dyn Fn(i64) -> bool| m["score"].as_i64().is_some_and(fits);
        let first = &all[0]["standing"];
        let (code, level) = (first["code"].as_str().unwrap(), first["level"].as_str().unwrap());
        let filters: [(String, Fits<'_>); 6] = [
            (format!("standing={code}"), Box::new(|m| m["standing"]["code"] == code)),
            (format!("level={level}"), Box::new(|m| m["standing"]["level"] == level)),
            (format!("min_score={middle}"), Box::new(|m| score(m, &|s| s >= middle))),
            (format!("max_score={middle}"), Box::new(|m| score(m, &|s| s <= middle))),
            (format!("min_score={middle}&max_score={middle}"), Box::new(|m| score(m, &|s| s == middle))),
            (format!("standing={code}&min_score={middle}"), Box::new(|m| m["standing"]["code"] == code && score(m, &|s| s >= middle))),
        ];
        for (query, fits) in filters {
            let expected: Vec<&str> = all.iter().filter(|m| fits(m)).map(|m| m["ref"].as_str().unwrap()).collect();
            assert!(expected.len() < all.len(), "{query} tells nobody apart");
            assert_eq!(all_pages(&shop.operator, &query).await, expected, "{query}");
        }
        assert_eq!(all_pages(&shop.operator, "standing=nothing").await, Vec::<String>::new());
    }

    async fn lists_are_sorted_across_their_pages(backend) {
        let shop = market(backend).await;
        let all = shop.operator.get(MERCHANTS).await.ok()["items"].as_array().unwrap().clone();
        let keys: [(&str, Key); 2] = [
            ("score", |m| (m["score"].as_i64().unwrap_or(0), "")),
            ("since", |m| (0, m["standing"]["since"].as_str().unwrap_or(""))),
        ];
        for (name, key) in keys {
            // Who came first decides among equals, either way round.
            let mut sorted: Vec<_> = all.iter().enumerate().map(|(i, m)| (key(m), i, m["ref"].as_str().unwrap())).collect();
            sorted.sort_unstable();
            let different: BTreeSet<_> = sorted.iter().map(|(key, ..)| key).collect();
            assert!(different.len() > 3 && different.len() < all.len(), "{name}: {sorted:?}");
            let mut expected: Vec<&str> = sorted.iter().map(|(.., reference)| *reference).collect();
            assert_eq!(all_pages(&shop.operator, &format!("sort={name}&order=asc")).await, expected, "{name}");
            expected.reverse();
            assert_eq!(all_pages(&shop.operator, &format!("sort={name}&order=desc")).await, expected, "{name}");
            assert_eq!(all_pages(&shop.operator, &format!("sort={name}")).await, expected, "{name}");
        }
    }

    async fn text_is_found_in_either_case_of_a_to_z(backend) {
        let shop = Shop::open(backend).await;
        for (reference, name) in [("Loja-1", "Casa ÉLAN"), ("loja-2", "50% OFF_price"), ("x3", r"back\slash")] {
            shop.operator.put(&format!("{MERCHANTS}/{reference}"), &json!({"name": name})).await.ok();
        }
        for (text, expected) in [
            ("LOJA", vec!["Loja-1", "loja-2"]),
            ("loja", vec!["Loja-1", "loja-2"]),
            ("casa", vec!["Loja-1"]),
            // É and é are other letters to both databases.
            ("%C3%89lan", vec!["Loja-1"]),
            ("%C3%A9lan", vec![]),
            ("0%25%20off_", vec!["loja-2"]),
            ("f_p", vec!["loja-2"]),
            ("ff%25p", vec![]),
            ("off%25p", vec![]),
            ("o_a", vec![]),
            ("K%5CS", vec!["x3"]),
        ] {
            assert_eq!(refs(&shop.operator.get(&format!("{MERCHANTS}?text={text}")).await.ok()), expected, "{text}");
        }
    }

    async fn registering_renames_and_takes_no_stale_copy(backend) {
        let shop = Shop::open(backend).await;
        let clerk = shop.door.with_scopes(&[Scope::MerchantsWrite, Scope::HealthRead]);
        let new = format!("{MERCHANTS}/new");
        let body = json!({"name": "Loja", "joined_at": rfc3339(NOW - 90 * DAY)});
        assert_eq!(clerk.put(&new, &body).await.status, 201);
        let again = clerk.put(&new, &json!({"name": "Loja & Cia"})).await;
        assert_eq!((again.status, &again.ok()["name"]), (200, &json!("Loja & Cia")));
        let shown = clerk.get(&new).await;
        let etag = shown.header("etag").to_owned();
        assert!(!etag.is_empty());
        let unchanged = clerk.send(axum::http::Method::GET, &new, &[("if-none-match", &etag)], Vec::new()).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
        let headers = [("content-type", "application/json"), ("if-match", "\"other\"")];
        let stale = clerk.send(axum::http::Method::PUT, &new, &headers, body.to_string().into()).await;
        assert_eq!(stale.short(), "412 precondition-failed");
    }

    async fn a_merchant_sees_itself_and_nobody_else(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("other", 1, NOW - 20 * DAY)).await;
        let merchant = shop.door.merchant("m");
        assert_eq!(refs(&merchant.get(MERCHANTS).await.ok()), ["m"]);
        assert_eq!(merchant.get(MERCHANT).await.ok()["orders"], 60);
        let foreign = merchant.get(&format!("{MERCHANTS}/other")).await;
        let unknown = merchant.get(&format!("{MERCHANTS}/nobody")).await;
        assert_eq!((foreign.short(), &foreign.body), ("404 not-found".into(), &unknown.body));
        for path in ["/health", "/health/history", "/health/evidence?metric=odr", "/health/recovery", "/orders"] {
            let answer = merchant.get(&format!("{MERCHANTS}/other{path}")).await;
            assert_eq!((answer.short(), &answer.body), ("404 not-found".into(), &unknown.body), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_cannot_be_forged_or_lent() {
    let shop = Shop::open(andon_tests::Backend::Sqlite).await;
    shop.test.accept(&good_orders("n", 1, NOW - 20 * DAY)).await;
    let page = shop.operator.get(&format!("{MERCHANTS}?limit=1")).await.ok();
    let cursor = page["next"].as_str().unwrap().to_owned();
    let mut forged = cursor.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for query in [format!("limit=1&cursor={forged}"), "cursor=x".into(), format!("limit=1&sort=orders&cursor={cursor}")] {
        assert_eq!(shop.operator.get(&format!("{MERCHANTS}?{query}")).await.short(), "400 malformed", "{query}");
    }
    let elsewhere = shop.operator.get(&format!("{MERCHANT}/orders?limit=1&cursor={cursor}")).await;
    assert_eq!(elsewhere.short(), "400 malformed", "a cursor of {MARKET}'s merchants");
    let stranger = Door::new(&shop.test).stranger();
    assert_eq!(stranger.get(MERCHANTS).await.short(), "401 unauthenticated");
}

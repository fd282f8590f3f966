//! GET and PUT orders, and a merchant's list of them.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::{Door, TestApp, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const ORDER: &str = "/v1/marketplaces/olist/orders/o";

on_both! {
    async fn an_order_comes_with_the_events_it_folds_from(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).operator();
        assert_eq!(client.get(ORDER).await.short(), "404 not-found");
        let cancelled = event("c", "order.cancelled", "o", NOW - DAY, json!({"by": "buyer", "reason": "buyer-request"}));
        test.accept(std::slice::from_ref(&cancelled)).await;
        assert_eq!(client.get(ORDER).await.short(), "404 not-found", "it waits for its order");
        let contact = json!({"contact": "k", "order": "o", "channel": "email", "reason": "why", "answer_owed": true});
        let contact = event("k-1", "contact.opened", "k", NOW - DAY / 2, contact);
        let place = placed("o", "m", NOW - 2 * DAY);
        test.accept(&[contact.clone(), place.clone()]).await;
        let order = client.get(ORDER).await.ok();
        assert_eq!(order["events"], json!([place, cancelled, contact]));
        assert_eq!(order["events_left_out"], 0);
        assert_eq!((&order["cancelled"]["by"], &order["contacts"][0]["contact"]), (&json!("buyer"), &json!("k")));
        assert_eq!(order["amount"], json!({"minor": 1999, "currency": "BRL"}));
    }

    async fn putting_a_state_sends_only_what_differs(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let mut state = json!({
            "merchant": "m", "buyer": "b", "listing": "l", "amount": {"minor": 500, "currency": "BRL"},
            "placed_at": "2024-05-30T10:00:00Z", "ship_by": "2024-05-31T10:00:00Z",
        });
        assert_eq!(client.put(ORDER, &state).await.status, 201);
        assert_eq!(client.put(ORDER, &state).await.status, 200);
        state["accepted_at"] = json!("2024-05-30T10:30:00Z");
        assert_eq!(client.put(ORDER, &state).await.ok()["accepted_at"], "2024-05-30T10:30:00Z");
        state["shipped"] = json!({"at": "2024-05-31T09:00:00Z", "tracking": "T1"});
        let shipped = client.put(ORDER, &state).await.ok();
        assert_eq!((&shipped["shipped_at"], &shipped["tracking"]), (&json!("2024-05-31T09:00:00Z"), &json!("uploaded")));
        assert_eq!(client.get(ORDER).await.ok()["events"].as_array().unwrap().len(), 3);
        state["shipped"] = json!({"at": "2024-05-31T09:00:00Z"});
        assert_eq!(client.put(ORDER, &state).await.ok()["tracking"], "uploaded", "what is left out stands");
        for (member, value, expected) in [
            ("accepted_at", json!("2024-05-30T10:31:00Z"), "409 conflict"),
            ("shipped", json!({"at": "2024-05-31T09:01:00Z"}), "409 conflict"),
            ("placed_at", json!("2024-05-29T10:00:00Z"), "409 conflict"),
            ("merchant", json!("n"), "409 conflict"),
            ("units", json!(0), "422 invalid units"),
            ("amount", json!({"minor": -1, "currency": "BRL"}), "422 invalid amount.minor"),
            ("amount", json!({"minor": 1, "currency": "EUR"}), "422 invalid amount.currency"),
            ("service", json!("teleport"), "422 invalid service"),
        ] {
            let mut bad = state.clone();
            bad[member] = value;
            assert_eq!(client.put(ORDER, &bad).await.short(), expected, "{bad}");
        }
        assert_eq!(client.get(ORDER).await.ok()["events"].as_array().unwrap().len(), 3, "what was refused left nothing");
    }

    async fn what_is_put_later_of_a_step_is_told_too(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let mut state = json!({
            "merchant": "m", "buyer": "b", "listing": "l", "amount": {"minor": 500, "currency": "BRL"},
            "placed_at": "2024-05-29T10:00:00Z", "shipped": {"at": "2024-05-30T09:00:00Z"},
        });
        let came = async |state: &Value| {
            client.put(ORDER, state).await.ok();
            let order = client.get(ORDER).await.ok();
            (order["tracking"].clone(), order["shipped_at"].clone(), order["events"].as_array().unwrap().len())
        };
        let shipped_at = json!("2024-05-30T09:00:00Z");
        assert_eq!(came(&state).await, (json!("none"), shipped_at.clone(), 2));
        state["shipped"]["tracking"] = json!("T1");
        for _ in 0..2 {
            assert_eq!(came(&state).await, (json!("uploaded"), shipped_at.clone(), 3));
        }
        state["shipped"]["carrier"] = json!("correios");
        state["delivered"] = json!({"at": "2024-05-31T09:00:00Z"});
        for _ in 0..2 {
            assert_eq!(came(&state).await, (json!("delivered-confirmed"), shipped_at.clone(), 5));
        }
        state["delivered"]["tracking"] = json!("T1");
        state["cancelled"] = json!({"at": "2024-05-31T10:00:00Z", "by": "buyer", "reason": "buyer-request"});
        for _ in 0..2 {
            assert_eq!(came(&state).await.2, 7);
        }
        for (member, value) in [("delivered", "2024-05-31T09:01:00Z"), ("cancelled", "2024-05-31T10:01:00Z")] {
            let mut bad = state.clone();
            bad[member]["at"] = json!(value);
            assert_eq!(client.put(ORDER, &bad).await.short(), "409 conflict", "{bad}");
        }
        assert_eq!(came(&state).await.2, 7, "what was refused left nothing");
    }

    async fn an_order_shows_its_oldest_events_and_counts_the_rest(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).operator();
        let scanned = |i: i64| event(&format!("s-{i}"), "order.scanned", "o", NOW - DAY + i, json!({}));
        let mut all = vec![placed("o", "m", NOW - 2 * DAY)];
        all.extend((0..204).map(scanned));
        // In two segments, the later half first.
        test.accept(&all[90..]).await;
        test.accept(&all[..90]).await;
        let order = client.get(ORDER).await.ok();
        assert_eq!(order["events"], json!(all[..200]));
        assert_eq!(order["events_left_out"], 5);
    }

    async fn a_merchants_orders_come_by_the_page(backend) {
        let shop = Shop::open(backend).await;
        let (mut seen, mut cursor) = (0, String::new());
        loop {
            let page = shop.operator.get(&format!("{MERCHANT}/orders?limit=25{cursor}")).await.ok();
            seen += page["items"].as_array().unwrap().len();
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_sees_its_own_orders_only() {
    let shop = Shop::open(andon_tests::Backend::Sqlite).await;
    shop.test.accept(&[placed("o", "other", NOW - DAY)]).await;
    let merchant = shop.door.merchant("m");
    assert_eq!(merchant.get("/v1/marketplaces/olist/orders/m-1").await.status, 200);
    let (foreign, unknown) = (merchant.get(ORDER).await, merchant.get("/v1/marketplaces/olist/orders/none").await);
    assert_eq!((foreign.short(), &foreign.body), ("404 not-found".into(), &unknown.body));
}

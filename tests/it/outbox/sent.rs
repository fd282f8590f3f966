//! What a receiver gets: a CloudEvent that the specification's own client library takes for genuine, once, of the kinds it wants.

use andon::clock::{Clock, SystemClock};
use andon_tests::events::{DAY, NOW};
use andon_tests::on_both;
use andon_tests::receiver::{Manner, Received, Receiver};
use axum::http::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{Post, SECRET, set_up};

const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn genuine(received: &Received, secret: &str) -> bool {
    Webhook::new(secret).unwrap().verify(&received.body, &received.headers).is_ok()
}

on_both! {
    async fn a_message_arrives_signed_and_once(backend) {
        let post = Post::open(backend, Manner::Status(204)).await;
        // The library compares with its machine's clock.
        post.test.clock.set(SystemClock.now());
        let id = post.put(&["enforcement.taken"]).await[0].to_string();
        assert_eq!((post.deliver().await, post.deliver().await), (1, 0));
        let received = post.receiver.received().remove(0);
        assert_eq!((received.path.as_str(), received.id()), ("/hook", id.as_str()));
        assert_eq!(received.headers["content-type"], "application/cloudevents+json");
        assert!(genuine(&received, SECRET) && !genuine(&received, OTHER));
        let mut forged = received.clone();
        forged.body[20] ^= 1;
        assert!(!genuine(&forged, SECRET));
        let event = received.json();
        assert_eq!((&event["specversion"], &event["id"], &event["source"]), (&json!("1.0"), &json!(id), &json!("/v1/marketplaces/olist")));
        assert_eq!((&event["type"], &event["subject"]), (&json!("andon.enforcement.taken"), &json!("0")));
        assert_eq!(event["data"], json!({"listing": "l-1", "name": "käse \"2\""}));
        let log = post.log().await;
        assert_eq!((&log[0]["state"], &log[0]["attempts"], &log[0]["status"], &log[0]["error"]), (&json!("delivered"), &json!(1), &json!(204), &json!(null)));
    }

    async fn while_a_secret_is_changed_both_are_good(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        post.test.clock.set(SystemClock.now());
        let rotated = post.operator().post(&format!("{}/rotate", post.endpoint), &json!({"secret": OTHER, "keep_seconds": 60})).await.ok();
        assert_eq!(rotated["secret"], OTHER);
        post.put(&["a.b"]).await;
        post.deliver().await;
        let both = post.receiver.received().remove(0);
        assert!(genuine(&both, SECRET) && genuine(&both, OTHER));
        post.test.clock.advance(60_000);
        post.put(&["a.b"]).await;
        post.deliver().await;
        let new = post.receiver.received().remove(1);
        assert!(!genuine(&new, SECRET) && genuine(&new, OTHER));
        // Without a wish of the operator's the secret is fresh, and a wish for none before it is heeded.
        let fresh = post.operator().post(&format!("{}/rotate", post.endpoint), &json!({"keep_seconds": 0})).await.ok();
        assert_eq!((fresh["secret"].as_str().unwrap().len(), &fresh["old_secret_until"]), (50, &json!(null)));
        assert_ne!(fresh["secret"], OTHER);
    }

    async fn each_endpoint_gets_what_it_wants(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let picky = Receiver::start(Manner::Status(200)).await;
        set_up(&post.operator(), &picky, json!({"events": ["appeal.filed", "enforcement.*"]})).await;
        let ids = post.put(&["enforcement.taken", "cord.pulled", "appeal.filed", "appeal.answered", "enforcement.reversed"]).await;
        assert_eq!(post.deliver().await, 8);
        let mut kinds: Vec<Value> = picky.received().iter().map(|r| r.json()["type"].clone()).collect();
        kinds.sort_by_key(ToString::to_string);
        assert_eq!(kinds, ["andon.appeal.filed", "andon.enforcement.reversed", "andon.enforcement.taken"]);
        let mut got = post.ids();
        got.sort();
        assert_eq!(got, ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    }

    async fn five_thousand_messages_are_one_transaction_with_a_delivery_each(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let kinds: Vec<&str> = (0..5_000).map(|i| if i % 2 == 0 { "enforcement.taken" } else { "enforcement.reversed" }).collect();
        post.put(&kinds).await;
        let db = post.test.app.store.db();
        let counts = Statement::from_string(db.get_database_backend(), "select count(*), count(distinct message) from deliveries where state = 'due'");
        let row = db.query_one_raw(counts).await.unwrap().unwrap();
        assert_eq!([0, 1].map(|column| row.try_get_by_index::<i64>(column).unwrap()), [5_000, 5_000]);
    }

    async fn what_waited_while_an_endpoint_was_disabled_is_sent_when_it_is_asked_for(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let first = post.put(&["a.b"]).await[0];
        let changed = post.operator().patch(&post.endpoint, &json!({"enabled": false})).await.ok();
        assert_eq!((&changed["enabled"], &changed["reason"]), (&json!(false), &json!("disabled by somebody")));
        let second = post.put(&["a.c"]).await[0];
        assert_eq!(post.deliver().await, 0);
        assert_eq!(post.operator().post(&format!("{}/test", post.endpoint), &json!({})).await.short(), "409 conflict");
        post.operator().patch(&post.endpoint, &json!({"enabled": true})).await.ok();
        assert_eq!((post.deliver().await, post.ids()), (1, vec![first.to_string()]));
        // The other came while it was disabled, and nobody sends it unasked.
        let since = json!({"since": andon_tests::events::rfc3339(NOW - DAY)});
        let recovered = post.operator().post(&format!("{}/recover", post.endpoint), &since).await.ok();
        assert_eq!((&recovered["deliveries"], post.deliver().await), (&json!(1), 1));
        assert_eq!(post.ids(), [first.to_string(), second.to_string()]);
        assert_eq!(post.operator().post(&format!("{}/recover", post.endpoint), &since).await.ok()["deliveries"], 0);
    }

    async fn a_delivery_is_replayed_under_the_same_id(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let id = post.put(&["a.b"]).await[0];
        post.deliver().await;
        let replayed = post.operator().post(&format!("{}/deliveries/{id}/replay", post.endpoint), &json!({})).await;
        assert_eq!((replayed.status, &replayed.json()["state"], &replayed.json()["attempts"]), (202, &json!("due"), &json!(0)));
        assert_eq!(post.deliver().await, 1);
        assert_eq!(post.ids(), [id.to_string(), id.to_string()]);
        let unknown = format!("{}/deliveries/{}/replay", post.endpoint, uuid::Uuid::nil());
        assert_eq!(post.operator().post(&unknown, &json!({})).await.short(), "404 not-found");
    }

    async fn what_is_old_is_forgotten_and_no_place_given_twice(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        post.put(&["a.b", "a.c"]).await;
        post.deliver().await;
        let kinds = async || post.log().await.iter().map(|delivery| delivery["kind"].clone()).collect::<Vec<_>>();
        post.test.clock.advance(90 * DAY + 1);
        post.deliver().await;
        assert_eq!(kinds().await, ["a.c"], "the newest of all");
        post.put(&["a.d"]).await;
        post.deliver().await;
        assert_eq!((kinds().await, post.receiver.received().len()), (vec![json!("a.d")], 3));
    }

    async fn an_endpoint_that_is_gone_is_sent_nothing(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        post.put(&["a.b"]).await;
        let gone = post.operator().send(Method::DELETE, &post.endpoint, &[], Vec::new()).await;
        assert_eq!((gone.status, gone.body.len()), (204, 0));
        assert_eq!((post.deliver().await, post.ids().len()), (0, 0));
        assert_eq!(post.operator().get(&post.endpoint).await.short(), "404 not-found");
    }
}

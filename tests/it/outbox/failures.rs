//! Receivers that fail, each in its own way: what is tried again when, what is given up, and that nobody else waits for them.

use std::time::Duration;

use andon_tests::events::{DAY, rfc3339};
use andon_tests::on_both;
use andon_tests::receiver::{Manner, Receiver};
use serde_json::json;

use super::{Post, set_up};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Waits between attempts, milliseconds; each may take a fifth more.
const WAITS: [i64; 9] = [5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// Time for an attempt that is never answered.
const SHORT: Duration = Duration::from_millis(300);

on_both! {
    async fn a_message_is_tried_ten_times_over_days_and_then_given_up(backend) {
        let post = Post::open(backend, Manner::Status(500)).await;
        let id = post.put(&["a.b"]).await[0].to_string();
        assert_eq!(post.deliver().await, 1);
        for wait in WAITS {
            let log = post.log().await;
            assert_eq!((&log[0]["state"], &log[0]["status"]), (&json!("due"), &json!(500)));
            post.test.clock.advance(wait - 1);
            assert_eq!(post.deliver().await, 0, "{wait}");
            post.test.clock.advance(wait / 5 + 2);
            assert_eq!(post.deliver().await, 1, "{wait}");
        }
        let log = post.log().await;
        assert_eq!((&log[0]["state"], &log[0]["attempts"], &log[0]["next_attempt_at"]), (&json!("failed"), &json!(10), &json!(null)));
        assert_eq!(log[0]["error"], "it answered that it failed");
        assert!(!json!(log).to_string().contains("secret"), "nobody is shown what a receiver says");
        assert!(post.ids().iter().all(|seen| *seen == id));
        // It can still be asked for, one by one or all that failed.
        let since = json!({"since": rfc3339(andon_tests::events::NOW)});
        post.receiver.behave(Manner::Status(200));
        assert_eq!(post.operator().post(&format!("{}/recover", post.endpoint), &since).await.ok()["deliveries"], 1);
        assert_eq!(post.deliver().await, 1);
        assert_eq!(post.log().await[0]["state"], "delivered");
    }

    async fn whoever_asks_for_time_is_given_it(backend) {
        let post = Post::open(backend, Manner::With(429, "retry-after", "120".into())).await;
        post.put(&["a.b"; 9]).await;
        let asked = post.deliver().await;
        assert!(asked <= 4, "{asked}: those that waited are not sent after the first answer");
        post.receiver.behave(Manner::Status(200));
        post.test.clock.advance(119_000);
        assert_eq!(post.deliver().await, 0);
        post.test.clock.advance(1_000);
        assert_eq!(post.deliver().await, 9);
        assert_eq!(post.shown().await["failing_since"], json!(null));
    }

    async fn a_redirect_is_a_failure_and_not_followed(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let elsewhere = Receiver::start(Manner::Status(200)).await;
        for status in [301, 302, 303, 307, 308] {
            post.receiver.behave(Manner::With(status, "location", elsewhere.url("127.0.0.1")));
            post.put(&["a.b"]).await;
            assert!(post.deliver().await > 0);
            assert_eq!((&post.log().await[0]["status"], &post.log().await[0]["state"]), (&json!(status), &json!("due")));
        }
        assert!(elsewhere.received().is_empty());
    }

    async fn an_endpoint_that_is_gone_is_disabled_and_others_are_told(backend) {
        let post = Post::open(backend, Manner::Status(410)).await;
        let other = Receiver::start(Manner::Status(200)).await;
        set_up(&post.operator(), &other, json!({"events": ["endpoint.disabled"]})).await;
        post.put(&["a.b"]).await;
        post.deliver().await;
        let shown = post.shown().await;
        assert_eq!((&shown["enabled"], &shown["reason"]), (&json!(false), &json!("it answered 410: it wants nothing any more")));
        assert_eq!(post.log().await[0]["state"], "failed");
        let told = other.received().remove(0).json();
        assert_eq!((&told["type"], &told["data"]["endpoint"]), (&json!("andon.endpoint.disabled"), &shown["id"]));
        let entered = post.operator().get("/v1/marketplaces/olist/ledger?kind=endpoint.disabled").await.ok();
        assert_eq!((&entered["items"][0]["actor"], &entered["items"][0]["reason"]), (&json!("andon"), &shown["reason"]));
        post.put(&["a.b"]).await;
        assert_eq!((post.deliver().await, post.receiver.received().len()), (0, 1));
    }

    async fn five_days_of_nothing_but_failures_are_enough(backend) {
        let post = Post::open(backend, Manner::Status(500)).await;
        let other = Receiver::start(Manner::Status(200)).await;
        set_up(&post.operator(), &other, json!({"events": ["endpoint.disabled"]})).await;
        post.put(&["a.b"]).await;
        post.deliver().await;
        post.test.clock.advance(5 * DAY - 1);
        post.deliver().await;
        assert_eq!(post.shown().await["enabled"], true);
        // A success forgets all that.
        post.receiver.behave(Manner::Status(200));
        post.put(&["a.b"]).await;
        post.deliver().await;
        assert_eq!(post.shown().await["failing_since"], json!(null));
        post.receiver.behave(Manner::Status(500));
        post.put(&["a.b"]).await;
        post.deliver().await;
        post.test.clock.advance(5 * DAY);
        post.deliver().await;
        let shown = post.shown().await;
        assert_eq!((&shown["enabled"], &shown["reason"]), (&json!(false), &json!("every delivery has failed for five days")));
        assert_eq!(other.received().len(), 1);
        // Enabled again it begins with a clean slate.
        let again = post.operator().patch(&post.endpoint, &json!({"enabled": true})).await.ok();
        assert_eq!((&again["failing_since"], &again["reason"]), (&json!(null), &json!(null)));
    }

    async fn whoever_hangs_holds_up_only_itself(backend) {
        let post = Post::with(backend, Manner::Hang, SHORT).await;
        let quick = Receiver::start(Manner::Status(200)).await;
        set_up(&post.operator(), &quick, json!({})).await;
        let endless = Receiver::start(Manner::Endless).await;
        let drip = set_up(&post.operator(), &endless, json!({})).await;
        post.put(&["a.b"; 40]).await;
        // The quick one has all of its own while the other has not had an answer to its first.
        let (deliverer, stop) = (post.test.app.deliverer().unwrap(), tokio_util::sync::CancellationToken::new());
        let stopped = stop.clone();
        let running = tokio::spawn(async move { deliverer.run(&stopped).await });
        quick.until(|all| all.len() == 40).await;
        endless.until(|all| all.len() == 40).await;
        stop.cancel();
        running.await.unwrap();
        assert!(post.receiver.received().len() < 40);
        let log = post.log().await;
        let failed: Vec<_> = log.iter().filter(|delivery| delivery["attempts"] == 1).collect();
        assert!(!failed.is_empty() && failed.iter().all(|d| d["error"] == "it did not answer in time" && d["status"] == json!(null)), "{failed:?}");
        let drip = post.operator().get(&format!("{drip}/deliveries?state=delivered&limit=200")).await.ok();
        assert_eq!(drip["items"].as_array().unwrap().len(), 40, "what is too long is not read");
    }

    async fn whoever_is_not_there_is_tried_again(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        // Nobody listens there any more.
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let endpoint = set_up(&post.operator(), &post.receiver, json!({"url": format!("http://{nobody}/")})).await;
        post.put(&["a.b"]).await;
        post.deliver().await;
        let log = post.operator().get(&format!("{endpoint}/deliveries")).await.ok();
        assert_eq!((&log["items"][0]["state"], &log["items"][0]["error"]), (&json!("due"), &json!("it cannot be connected to")));
    }
}

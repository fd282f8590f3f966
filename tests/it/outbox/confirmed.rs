//! Actions that the marketplace has to confirm: chased until it does, for five days.

use andon::auth::{Grant, Scope};
use andon::setup::NewMessage;
use andon_tests::events::{DAY, NOW};
use andon_tests::on_both;
use andon_tests::receiver::{Manner, Receiver};
use serde_json::json;

use super::{Post, WEBHOOKS, message, set_up};

on_both! {
    async fn what_nobody_confirms_is_sent_every_day_and_then_reported(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let asks = NewMessage { confirm: true, ..message("enforcement.taken", "e-1") };
        let id = post.test.app.put_messages(&post.test.market(), vec![asks, message("a.b", "x")]).await.unwrap()[0];
        assert_eq!(post.deliver().await, 2);
        // An endpoint that is set up later is told as well.
        let late = Receiver::start(Manner::Status(200)).await;
        set_up(&post.operator(), &late, json!({"events": ["enforcement.*"]})).await;
        for day in 1..=5 {
            post.test.clock.advance(DAY - 1);
            assert_eq!(post.deliver().await, 0, "{day}");
            post.test.clock.advance(1);
            assert_eq!(post.deliver().await, 2, "{day}");
        }
        assert_eq!((post.ids().iter().filter(|seen| **seen == id.to_string()).count(), late.received().len()), (6, 5));
        post.test.clock.advance(DAY);
        assert_eq!(post.deliver().await, 1);
        let last = post.receiver.received().pop().unwrap().json();
        assert_eq!((&last["type"], &last["data"]["message"]), (&json!("andon.message.unconfirmed"), &json!(id.to_string())));
        post.test.clock.advance(9 * DAY);
        assert_eq!(post.deliver().await, 0);
        // Late is better than never.
        let confirmed = post.door.operator().post(&format!("{WEBHOOKS}/messages/{id}/confirm"), &json!({})).await.ok();
        assert_eq!((&confirmed["kind"], &confirmed["subject"]), (&json!("enforcement.taken"), &json!("e-1")));
    }

    async fn a_confirmation_ends_it_and_the_first_one_stays(backend) {
        let post = Post::open(backend, Manner::Status(200)).await;
        let asks = NewMessage { confirm: true, ..message("enforcement.taken", "e-1") };
        let ids = post.test.app.put_messages(&post.test.market(), vec![asks, message("a.b", "x")]).await.unwrap();
        post.deliver().await;
        let place = format!("{WEBHOOKS}/messages/{}/confirm", ids[0]);
        let reviewer = post.door.with_scopes(&[Scope::EnforcementsReview]);
        let first = reviewer.post(&place, &json!({})).await.ok();
        assert_eq!((&first["message"], &first["confirmed_at"], &first["confirmed_by"]), (&json!(ids[0].to_string()), &json!("2024-05-31T12:00:00Z"), &json!("somebody")));
        post.test.clock.advance(10);
        let grant = Grant { subject: "another".into(), scopes: vec![Scope::Admin], marketplaces: vec!["*".into()], ..post.door.grant() };
        let another = post.door.with_token(post.door.token(&grant, post.door.policy(), NOW));
        assert_eq!(another.post(&place, &json!({})).await.ok(), first, "again is the same");
        post.test.clock.advance(2 * DAY);
        assert_eq!(post.deliver().await, 0);

        let operator = post.door.operator();
        assert_eq!(operator.post(&format!("{WEBHOOKS}/messages/{}/confirm", ids[1]), &json!({})).await.short(), "409 conflict");
        for unknown in [uuid::Uuid::nil().to_string(), "nonsense".into()] {
            assert_eq!(operator.post(&format!("{WEBHOOKS}/messages/{unknown}/confirm"), &json!({})).await.short(), "404 not-found");
        }
        let reader = post.door.with_scopes(&[Scope::HealthRead]);
        assert_eq!(reader.post(&place, &json!({})).await.short(), "403 forbidden");
        assert_eq!(post.door.merchant("m").post(&place, &json!({})).await.short(), "403 forbidden");
    }
}

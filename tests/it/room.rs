//! A subject has room for so many events. What comes beyond is refused by itself, and again when it is sent again.

use andon::auth::Scope;
use andon::pipeline::accept::Outcome;
use andon::store::session::For;
use andon_domain::history::{Entry, MAX_ENTRIES};
use andon_tests::events::{DAY, NOW, event, placed, rfc3339};
use andon_tests::{Door, TestApp, on_both};
use serde_json::{Value, json};
use tokio::runtime::Handle;

const MOST: i64 = MAX_ENTRIES as i64;

fn scanned(number: i64) -> Value {
    event(&format!("s-{number}"), "order.scanned", "o", NOW - DAY + number, json!({}))
}

fn opened(contact: &str, which: &str, order: &str, at: i64) -> Value {
    let data = json!({"contact": contact, "order": order, "channel": "email", "reason": "why", "answer_owed": true});
    event(&format!("{contact}-opened-{which}"), "contact.opened", contact, at, data)
}

/// A contact about an order, and so many answers.
fn answered(contact: &str, order: &str, answers: i64) -> Vec<Value> {
    let answer = |i| event(&format!("{contact}-{i}"), "contact.answered", contact, NOW - DAY + i, json!({"contact": contact}));
    std::iter::once(opened(contact, "at-first", order, NOW - DAY)).chain((1..=answers).map(answer)).collect()
}

async fn intact(test: &TestApp, events: usize) {
    let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
    assert_eq!((audit.events, audit.differences), (events, vec![]));
}

/// Has the one subject there is hold other changes than it does.
async fn rewrite(test: &TestApp, change: fn(&[Entry]) -> Vec<Entry>) {
    let (store, market, runtime) = (test.app.store.clone(), test.market().id, Handle::current());
    let done = tokio::task::spawn_blocking(move || {
        let mut session = store.session(0, false, &runtime).unwrap();
        let _gate = store.enter();
        session.begin().unwrap();
        let mut subject = session.subjects_after(market, None, 0, 1, For::Changing).unwrap().remove(0);
        // A history as its row has it, which holds no contacts and names no owner.
        let stored = postcard::to_stdvec(&(change(subject.history.entries()), [(); 0].as_slice(), None::<()>)).unwrap();
        subject.history = postcard::from_bytes(&stored).unwrap();
        session.put_subjects(&[], &[&subject]).unwrap();
        session.commit().unwrap();
    });
    done.await.unwrap();
}

on_both! {
    async fn events_beyond_a_subjects_room_are_refused_one_by_one(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let mut all = vec![placed("p", "m", NOW - 2 * DAY), placed("o", "m", NOW - 2 * DAY)];
        all.extend((1..MOST + 3).map(scanned));
        all.push(scanned(MOST + 2));
        let (kept, beyond) = all.split_at(MAX_ENTRIES + 1);
        let came = async |expected: Outcome| {
            let outcomes = test.accept(&all).await;
            assert!(outcomes[..kept.len()].iter().all(|o| *o == expected), "{outcomes:?}");
            assert!(outcomes[kept.len()..].iter().all(|o| *o == Outcome::Full), "{outcomes:?}");
        };
        came(Outcome::Accepted).await;
        came(Outcome::Duplicate).await;

        let answer = client.post("/v1/marketplaces/olist/events", &json!(all[MAX_ENTRIES..])).await.ok();
        assert_eq!((&answer["duplicates"], answer["rejected"].as_array().unwrap().len()), (&json!(1), beyond.len()));
        assert_eq!(answer["rejected"][0]["problem"]["type"], "urn:andon:problem:event-subject-full");
        let state = json!({
            "merchant": "m", "buyer": "buyer-of-o", "listing": "listing-1", "amount": {"minor": 1999, "currency": "BRL"},
            "placed_at": rfc3339(NOW - 2 * DAY), "accepted_at": rfc3339(NOW - DAY),
        });
        assert_eq!(client.put("/v1/marketplaces/olist/orders/o", &state).await.short(), "409 subject-full");

        // Its name is free: what was refused was not remembered.
        let elsewhere = event(&format!("s-{MOST}"), "order.scanned", "p", NOW, json!({}));
        assert_eq!(test.accept(&[elsewhere, scanned(0)]).await, [Outcome::Accepted, Outcome::Full]);
        intact(&test, kept.len() + 1).await;
    }

    async fn an_orders_contacts_have_room_together(backend) {
        let test = TestApp::new(backend).await;
        let say = async |events: &[Value]| {
            let mut outcomes = test.accept(events).await;
            outcomes.dedup();
            outcomes
        };
        let (one, other) = (answered("k", "o", MOST - 400), answered("l", "o", 500));
        assert_eq!(say(&[placed("o", "m", NOW - 2 * DAY), placed("p", "m", NOW - 2 * DAY)]).await, [Outcome::Accepted]);
        assert_eq!(say(&one).await, [Outcome::Accepted]);
        assert_eq!(say(&other[..399]).await, [Outcome::Accepted]);
        assert_eq!(say(&other).await, [Outcome::Duplicate, Outcome::Full]);
        assert_eq!(say(&answered("new", "o", 1)).await, [Outcome::Full, Outcome::Accepted], "an answer to nothing known");
        assert_eq!(say(&answered("elsewhere", "p", 1)).await, [Outcome::Accepted]);
        assert_eq!(say(&[opened("elsewhere", "before", "o", NOW - 2 * DAY)]).await, [Outcome::Full], "it would move there");
        assert_eq!(say(&[scanned(1)]).await, [Outcome::Accepted], "the order's own events have their own room");
        assert_eq!(say(&[opened("k", "before", "p", NOW - 2 * DAY)]).await, [Outcome::Accepted], "it makes room");
        assert_eq!(say(&other).await, [Outcome::Duplicate, Outcome::Accepted]);

        let client = Door::new(&test).operator();
        for (order, contacts) in [("o", vec!["l"]), ("p", vec!["k", "elsewhere"])] {
            let shown = client.get(&format!("/v1/marketplaces/olist/orders/{order}")).await.ok();
            let shown: Vec<&str> = shown["contacts"].as_array().unwrap().iter().map(|c| c["contact"].as_str().unwrap()).collect();
            assert_eq!(shown, contacts);
        }
        intact(&test, 2 + one.len() + other.len() + 1 + 2 + 1 + 1).await;
    }

    async fn a_listing_takes_any_number(backend) {
        let test = TestApp::new(backend).await;
        let stocked = |i: i64| event(&format!("l-{i}"), "listing.stocked", "l", NOW - DAY + i, json!({"units": i}));
        let all: Vec<Value> = (0..MOST + 9).map(stocked).collect();
        for part in [&all[500..], &all[..500]] {
            assert!(test.accept(part).await.iter().all(|outcome| *outcome == Outcome::Accepted));
        }
        assert!(test.accept(&all).await.iter().all(|outcome| *outcome == Outcome::Duplicate));
        intact(&test, all.len()).await;
        // Rows from before there was a bound hold more.
        rewrite(&test, |newest| (0..9).map(|at| Entry { at, ..newest[0].clone() }).chain(newest.iter().cloned()).collect()).await;
        intact(&test, all.len()).await;
        rewrite(&test, |stored| stored[..stored.len() - 1].to_vec()).await;
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!(audit.differences.len(), 1, "what is kept of it must agree all the same");
    }
}

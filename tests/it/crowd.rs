//! Many senders at once, while merchants are judged: nothing is lost or counted twice, and what takes several events is seen,
//! whichever lanes they come in by.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use andon::pipeline::accept::Outcome;
use andon::pipeline::rebuild::audit;
use andon::simulate::{Plan, Simulation};
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::{Backend, Door, MARKET, Picture, TestApp, on_both};
use serde_json::{Value, json};

const SENDERS: usize = 6;

/// A life in which everything happens: returns, contacts, registrations, repeats and corrections, too.
fn life() -> Vec<Value> {
    let (marketplace, currency) = (MARKET.to_owned(), "BRL".to_owned());
    let plan = Plan { merchants: 12, orders: 500, days: 60, seed: 9, end: NOW, marketplace, currency };
    Simulation::new(plan).unwrap().map(|line| serde_json::from_slice(&line).unwrap()).collect()
}

fn accepted(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count()
}

/// Every request is sent by two senders, neighbours at the same time.
async fn send(test: &Arc<TestApp>, all: &Arc<Vec<Value>>) -> usize {
    let sender = |number: usize| {
        let (test, all) = (test.clone(), all.clone());
        tokio::spawn(async move {
            let mut new = 0;
            for (i, request) in all.chunks(40).enumerate() {
                if i % SENDERS == number || (i + 1) % SENDERS == number {
                    new += accepted(&test.accept(request).await);
                }
            }
            new
        })
    };
    let mut new = 0;
    for sender in (0..SENDERS).map(sender).collect::<Vec<_>>() {
        new += sender.await.unwrap();
    }
    new
}

on_both! {
    async fn many_senders_at_once_end_as_one_does(backend) {
        let (all, alone) = (Arc::new(life()), TestApp::new(Backend::Sqlite).await);
        let expected = accepted(&alone.accept(&all).await);
        alone.drain().await;

        let (crowd, over) = (Arc::new(TestApp::new(backend).await), Arc::new(AtomicBool::new(false)));
        let (judged, done) = (crowd.clone(), over.clone());
        let judging = tokio::spawn(async move {
            while !done.load(Ordering::Acquire) {
                judged.drain().await;
            }
        });
        assert_eq!(send(&crowd, &all).await, expected);
        over.store(true, Ordering::Release);
        judging.await.unwrap();
        crowd.drain().await;

        let audit = audit(&crowd.app.store, crowd.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (expected, vec![]));
        let (alone, crowd) = (Picture::of(&alone).await, Picture::of(&crowd).await);
        assert_eq!(alone.subjects, crowd.subjects);
        assert_eq!(alone.tallies, crowd.tallies);
        assert_eq!(alone.evidence, crowd.evidence);
        assert_eq!(alone.merchants, crowd.merchants);
    }

    async fn two_complaints_at_the_same_time_pull_the_cord_once(backend) {
        const LISTINGS: usize = 20;
        let test = TestApp::new(backend).await;
        let bought = |listing: usize, buyer: usize| {
            let mut order = placed(&format!("o-{listing}-{buyer}"), &format!("m-{listing}"), NOW - 9 * DAY);
            order["data"]["listing"] = json!(format!("l-{listing}"));
            order
        };
        test.accept(&(0..LISTINGS * 2).map(|i| bought(i / 2, i % 2)).collect::<Vec<_>>()).await;
        let door = Door::new(&test);
        let operator = door.operator();
        operator.patch("/v1/marketplaces/olist", &json!({"action_modes": {"pull-listing": "auto"}})).await.ok();
        for listing in 0..LISTINGS {
            let complaint = |buyer: usize| {
                let (order, at) = (format!("o-{listing}-{buyer}"), NOW - DAY + buyer as i64 * DAY / 2);
                [event(&format!("{order}-back"), "return.requested", &order, at, json!({"return": order, "reason": "defective"}))]
            };
            let (one, other) = (complaint(0), complaint(1));
            tokio::join!(test.accept(&one), test.accept(&other));
            let cords = operator.get(&format!("/v1/marketplaces/olist/listings/l-{listing}/cord")).await.ok();
            let stage = |cord: &Value| (cord["enforcement"]["stage"].clone(), cord["buyers"].clone());
            let stages: Vec<_> = cords["items"].as_array().unwrap().iter().map(stage).collect();
            assert_eq!(stages, [(json!("in-force"), json!(2))], "of listing {listing}");
        }
    }

    async fn of_two_events_of_one_name_in_a_request_the_first_counts(backend) {
        let test = TestApp::new(backend).await;
        let named = |order: usize| {
            let mut event = placed(&format!("o-{order}"), "m", NOW - DAY);
            event["id"] = json!("the same");
            event
        };
        let outcomes = test.accept(&(0..8).map(named).collect::<Vec<_>>()).await;
        assert_eq!(outcomes[0], Outcome::Accepted);
        assert!(outcomes[1..].iter().all(|outcome| *outcome == Outcome::Conflict), "{outcomes:?}");
    }
}

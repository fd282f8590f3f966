//! What works in the background goes on after a panic, and a host in which any of it has ended does not call itself ready.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use andon_tests::{Backend, Door, TestApp};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const POINTS: [&str; 3] = ["scheduler::turn", "builder::step", "deliverer::round"];

/// Has whoever passes a point panic the first time, and tells of each time after it. Other tests pass these points too, in runtimes
/// of their own; only a scheduler that runs by itself, which no other test has, is in none.
fn panic_once_at(point: &'static str, told: mpsc::UnboundedSender<&'static str>) {
    let (here, panicked) = (Handle::current().id(), AtomicBool::new(false));
    let pass = move || {
        if Handle::try_current().is_ok_and(|handle| handle.id() != here) {
            return;
        }
        assert!(panicked.swap(true, Ordering::SeqCst), "on purpose");
        // Nobody listens any more once all have been heard.
        let _ = told.send(point);
    };
    fail::cfg_callback(point, pass).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_one_round_and_what_has_ended_is_named() {
    let test = TestApp::new(Backend::Sqlite).await;
    let stranger = Door::new(&test).stranger();
    let (told, mut heard) = mpsc::unbounded_channel();
    for point in POINTS {
        panic_once_at(point, told.clone());
    }
    test.app.start_scheduler().unwrap();
    let (deliverer, stop) = (test.app.deliverer().unwrap(), CancellationToken::new());
    let stopped = stop.clone();
    let delivering = tokio::spawn(async move { deliverer.run(&stopped).await });
    let all = async {
        let mut went_on = BTreeSet::new();
        while went_on.len() < POINTS.len() {
            went_on.insert(heard.recv().await.unwrap());
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.unwrap();
    for point in POINTS {
        fail::remove(point);
    }
    assert_eq!(stranger.get("/readyz").await.status, 200);

    let app = test.app.clone();
    tokio::task::spawn_blocking(move || app.stop_scheduler()).await.unwrap();
    stop.cancel();
    delivering.await.unwrap();
    let answer = stranger.get("/readyz").await;
    let body = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, 503, "{body}");
    assert!(body.contains("the scheduler has ended") && body.contains("the deliverer has ended"), "{body}");
}

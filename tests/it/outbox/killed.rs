//! kill -9 of the real binary while it sends, again and again: whatever it said would be sent arrives, under one id.

use std::collections::BTreeSet;

use andon::auth::{Grant, Policy, Scope, TrialKey, install_crypto};
use andon::clock::{Clock, SystemClock};
use andon::setup::RulesSetup;
use andon_tests::process::{Connection, Process};
use andon_tests::receiver::{Manner, Receiver};
use andon_tests::{Backend, Door, MARKET, TestApp, on_both, receiver};
use serde_json::json;

use super::{PATIENT, WEBHOOKS, set_up};

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

/// More on SQLite, whose file is all there is.
fn kills(backend: Backend) -> usize {
    if backend == Backend::Sqlite { 20 } else { 8 }
}

on_both! {
    async fn every_message_arrives_under_one_id(backend) {
        let test = TestApp::with(backend, receiver::outward(PATIENT)).await;
        test.create_market(MARKET, RulesSetup::default()).await;
        let receiver = Receiver::start(Manner::Status(200)).await;
        let endpoint = set_up(&Door::new(&test).operator(), &receiver, json!({})).await;
        assert!(endpoint.starts_with(WEBHOOKS));
        let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
        install_crypto();
        let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
        let grant = Grant { subject: "s".into(), scopes: vec![Scope::Admin], marketplaces: vec![MARKET.into()], merchant: None, seconds: 3_000 };
        let token = TrialKey::of_home(home.path()).unwrap().sign(&grant, &policy, SystemClock.now()).unwrap();
        let rest = test.set_aside().await;
        let mut promised = BTreeSet::new();
        tokio::task::block_in_place(|| {
            let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
            for _ in 0..kills(backend) {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let host = Process::serve_with(BINARY, home.path(), &url, &["--webhook-private", "true"]);
                let mut connection = Connection::open(host.address(), &token).unwrap();
                for _ in 0..=(chance >> 60) {
                    let (status, answer) = connection.post(&format!("{endpoint}/test"), "").unwrap();
                    assert_eq!(status, 202, "{answer}");
                    promised.insert(answer["message"].as_str().unwrap().to_owned());
                }
                for _ in 0..(chance >> 32) % 3_000_000 {
                    std::hint::spin_loop();
                }
                host.kill();
            }
        });
        let host = tokio::task::block_in_place(|| Process::serve_with(BINARY, home.path(), &url, &["--webhook-private", "true"]));
        receiver.until(|all| all.iter().map(|r| r.id().to_owned()).collect::<BTreeSet<_>>() == promised).await;
        tokio::task::block_in_place(|| host.kill());
        let test = rest.taken_up().await;
        // The killed hosts went by the wall clock.
        test.clock.set(SystemClock.now());
        // Attempts that were under way when the last host was killed are made once more, and then nothing is left.
        test.app.deliverer().unwrap().due().await.unwrap();
        assert_eq!(test.app.deliverer().unwrap().due().await.unwrap(), 0);
        let due = Door::new(&test).operator().get(&format!("{endpoint}/deliveries?state=due")).await.ok();
        assert_eq!(due["items"], json!([]));
    }
}

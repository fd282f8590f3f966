//! kill -9 of the real binary in the middle of a build, again and again: the build goes on where it was, and ends as if nothing
//! had happened.

use andon::auth::{Grant, Policy, Scope, TrialKey, install_crypto};
use andon::clock::{Clock, SystemClock};
use andon_domain::rollout::State;
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::process::{Connection, Process};
use andon_tests::{Backend, MARKET, Picture, TestApp, on_both};
use serde_json::{Value, json};

use super::{ALL_CLAIMS, audited, from_the_start, state};

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");
const KILLS: usize = 8;

/// An order with a claim that was denied, which only the new rules count.
fn denied(order: &str, at: i64) -> [Value; 3] {
    let opened =
        event(&format!("{order}-opened"), "claim.opened", order, at + DAY, json!({"claim": "c", "kind": "not-received"}));
    let closed = event(&format!("{order}-closed"), "claim.closed", order, at + 2 * DAY, json!({"claim": "c", "state": "denied"}));
    [placed(order, &format!("m{}", order.len() % 3), at), opened, closed]
}

fn posted(connection: &mut Connection, path: &str, body: &Value) -> Option<(u16, Value)> {
    connection.post(path, &body.to_string()).ok()
}

on_both! {
    async fn a_build_that_is_killed_goes_on_where_it_was(backend) {
        let first: Vec<Value> = (0..2_500).flat_map(|i| denied(&format!("o{i}"), NOW - (20 + i % 60) * DAY)).collect();
        let test = TestApp::new(backend).await;
        for chunk in first.chunks(2_000) {
            test.accept(chunk).await;
        }
        let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
        install_crypto();
        let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
        let grant = Grant { subject: "s".into(), scopes: vec![Scope::Admin], marketplaces: vec![MARKET.into()], merchant: None, seconds: 3_000 };
        let token = TrialKey::of_home(home.path()).unwrap().sign(&grant, &policy, SystemClock.now()).unwrap();
        let rest = test.set_aside().await;
        let mut sent = first;
        tokio::task::block_in_place(|| {
            let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
            for round in 0..KILLS {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let host = Process::serve(BINARY, home.path(), &url);
                let mut connection = Connection::open(host.address(), &token).unwrap();
                let settings: serde_json::Map<String, Value> = ALL_CLAIMS.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
                let body = json!({"marketplace": MARKET, "settings": settings});
                // Asked for again it is the same build.
                let (status, answer) = posted(&mut connection, "/v1/plugins/amazon/versions/0.1.0/activate", &body).unwrap();
                assert!(matches!(status, 200 | 202), "{status} {answer}");
                let more = denied(&format!("late-{round}"), NOW - 30 * DAY).to_vec();
                if let Some((status, answer)) = posted(&mut connection, "/v1/marketplaces/olist/events", &json!(more)) {
                    assert_eq!((status, &answer["accepted"]), (200, &json!(3)));
                    sent.extend(more);
                }
                for _ in 0..(chance >> 32) % 20_000_000 {
                    std::hint::spin_loop();
                }
                host.kill();
            }
        });
        let test = rest.taken_up().await;
        let row = test.app.store.generations(test.market().id, None, 1).await.unwrap().remove(0);
        assert!(row.built > 0, "nothing had been built before the last kill: {row:?}");
        test.drain().await;
        assert_eq!(state(&test, row.entry.id), Some(State::Active));
        audited(&test, sent.len()).await;
        let fresh = from_the_start(Backend::Sqlite, &ALL_CLAIMS).await;
        for chunk in sent.chunks(2_000) {
            fresh.accept(chunk).await;
        }
        fresh.drain().await;
        let (built, fresh) = (Picture::of(&test).await, Picture::of(&fresh).await);
        assert_eq!((built.tallies, built.evidence), (fresh.tallies, fresh.evidence));
    }
}

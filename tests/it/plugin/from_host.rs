//! A merchant's recorded facts from a host that serves them, as a case that passes.

use andon::auth::{Grant, Policy, Scope, TrialKey, install_crypto};
use andon::clock::{Clock, SystemClock};
use andon_tests::events::{DAY, NOW, good_orders, rated};
use andon_tests::process::Process;
use andon_tests::{Backend, MARKET, TestApp};

use super::{BINARY, Ran, bench, command, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_becomes_a_test() {
    let test = TestApp::new(Backend::Sqlite).await;
    let mut events = good_orders("shop-of-jane", 30, NOW - 20 * DAY);
    events.extend((0..3).map(|i| rated(&format!("shop-of-jane-{i}"), 1, NOW - 15 * DAY)));
    test.accept(&events).await;
    test.drain().await;
    let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
    install_crypto();
    let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
    let grant = Grant {
        subject: "author".into(),
        scopes: vec![Scope::PluginsWrite],
        marketplaces: vec![MARKET.into()],
        merchant: None,
        seconds: 600,
    };
    let token = TrialKey::of_home(home.path()).unwrap().sign(&grant, &policy, SystemClock.now()).unwrap();
    let _rest = test.set_aside().await;
    tokio::task::block_in_place(|| {
        let host = Process::serve(BINARY, home.path(), &url);
        let place = bench(&[]);
        let test = |arguments: &[&str]| -> Ran {
            let mut command = command(place.path(), &[&["test", "rules.wasm"], arguments].concat());
            run({
                command.env("ANDON_URL", format!("http://{}", host.address())).env("ANDON_TOKEN", &token);
                command
            })
        };
        let taken = ["--from-host", "olist/shop-of-jane", "--as-of", "2024-05-31T12:00:00Z", "--name", "complaint"];
        assert!(test(&taken).ok().contains("complaint.json holds the facts"));
        let text = std::fs::read_to_string(place.path().join("cases/complaint.json")).unwrap();
        assert!(!text.contains("jane") && !text.contains("buyer-of") && !text.contains("null"), "{text}");
        assert!(
            text.contains(r#""odr": {"value": 0.1, "numerator": 3, "denominator": 30, "buyers": 3, "status": "breached""#),
            "{text}"
        );
        assert!(test(&[]).ok().ends_with("1 passed, 0 failed\n"));
        assert!(test(&taken).failed().contains("complaint.json is there already; choose another --name"));
        let gone = test(&["--from-host", "olist/nobody", "--name", "nobody"]);
        assert_eq!(gone.failed(), "error: the host answered 404 Not Found: There is no such thing");
        let unreachable = test(&["--from-host", "olist/x", "--url", "http://127.0.0.1:1", "--name", "x"]);
        assert!(unreachable.failed().starts_with("error: http://127.0.0.1:1 cannot be reached"), "{}", unreachable.err);
        host.kill();
    });
}

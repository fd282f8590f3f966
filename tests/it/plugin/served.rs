//! What an author does with a host that serves: hand it rules, and take a merchant's recorded facts home as a case.

use std::path::Path;

use andon::auth::{Grant, Policy, Scope, TrialKey, install_crypto};
use andon::clock::{Clock, SystemClock};
use andon_tests::events::{DAY, NOW, good_orders, rated};
use andon_tests::process::Process;
use andon_tests::{Aside, Backend, MARKET, TestApp, guests};
use tempfile::TempDir;

use super::{BINARY, Ran, bench, command, run};

/// A host in a process, and an author with a token for it.
pub(super) struct Served {
    host: Process,
    token: String,
    _home: TempDir,
    _database: Aside,
}

impl Served {
    pub(super) async fn over(test: TestApp) -> Self {
        let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
        install_crypto();
        let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
        let (scopes, marketplaces) = (vec![Scope::PluginsWrite], vec![MARKET.into()]);
        let grant = Grant { subject: "author".into(), scopes, marketplaces, merchant: None, seconds: 600 };
        let token = TrialKey::of_home(home.path()).unwrap().sign(&grant, &policy, SystemClock.now()).unwrap();
        let database = test.set_aside().await;
        Self { host: Process::serve(BINARY, home.path(), &url), token, _home: home, _database: database }
    }

    pub(super) fn plugin(&self, directory: &Path, arguments: &[&str]) -> Ran {
        let mut command = command(directory, arguments);
        command.env("ANDON_URL", format!("http://{}/", self.host.address())).env("ANDON_TOKEN", &self.token);
        run(command)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_becomes_a_test() {
    let test = TestApp::new(Backend::Sqlite).await;
    let mut events = good_orders("shop-of-jane", 30, NOW - 20 * DAY);
    events.extend((0..3).map(|i| rated(&format!("shop-of-jane-{i}"), 1, NOW - 15 * DAY)));
    test.accept(&events).await;
    test.drain().await;
    let served = Served::over(test).await;
    let place = bench(&[]);
    let test = |arguments: &[&str]| served.plugin(place.path(), &[&["test", "rules.wasm"], arguments].concat());
    let taken = ["--from-host", "olist/shop-of-jane", "--as-of", "2024-05-31T12:00:00Z", "--name", "complaint"];
    assert!(test(&taken).ok().contains("complaint.json holds the facts"));
    let text = std::fs::read_to_string(place.path().join("cases/complaint.json")).unwrap();
    assert!(!text.contains("jane") && !text.contains("buyer-of") && !text.contains("null"), "{text}");
    let odr = r#""odr": {"value": 0.1, "numerator": 3, "denominator": 30, "buyers": 3, "status": "breached""#;
    let bare = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("{ ", "{");
    assert!(bare.contains(odr), "{text}");
    assert!(test(&[]).ok().ends_with("1 passed, 0 failed\n"));
    assert!(test(&taken).failed().contains("complaint.json is there already; choose another --name"));
    std::fs::write(place.path().join("other.wasm"), guests::hostile()).unwrap();
    let other = served.plugin(place.path(), &["test", "other.wasm", "--from-host", "olist/shop-of-jane", "--name", "other"]).ok();
    assert!(other.contains("\nThese rules do not declare, and the case leaves out: standing healthy.\n"), "{other}");
    let gone = test(&["--from-host", "olist/nobody", "--name", "nobody"]);
    assert_eq!(gone.failed(), "error: the host answered 404 Not Found: There is no such thing");
    let unreachable = test(&["--from-host", "olist/x", "--url", "http://127.0.0.1:1", "--name", "x"]);
    assert!(unreachable.failed().starts_with("error: http://127.0.0.1:1 cannot be reached"), "{}", unreachable.err);
    served.host.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_pushed_once_and_refused_with_every_reason() {
    let served = Served::over(TestApp::bare(Backend::Sqlite).await).await;
    let place = bench(&[]);
    let push = |arguments: &[&str]| served.plugin(place.path(), &[&["push", "rules.wasm"], arguments].concat());
    let first = push(&[]).ok();
    assert!(first.starts_with("amazon 0.1.0: draft\nsha256:"), "{first}");
    assert_eq!(push(&[]).ok(), first, "the same bytes again are what is there");
    let version = push(&["--json"]).json();
    assert_eq!((&version["state"], &version["pushed_by"]), (&"draft".into(), &"author".into()));
    std::fs::write(place.path().join("rules.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let refused = "error: the host answered 422 Unprocessable Entity: The component is not admitted (E_INVALID)\n  \
                   component is a core module; it must be made a component first";
    assert_eq!(push(&[]).failed(), refused);
    let answer = push(&["--json"]).json();
    assert_eq!((&answer["accepted"], &answer["code"]), (&false.into(), &"E_INVALID".into()));
    assert_eq!(answer["problems"][0]["field"], "component");
    std::fs::write(place.path().join("rules.wasm"), guests::hostile()).unwrap();
    assert!(
        push(&["--token", "nonsense"]).failed().starts_with("error: the host answered 401 Unauthorized: A valid token is needed")
    );
    served.host.kill();
}

//! `andon replay`, and the same over HTTP: rules that conclude what they concluded, and rules that do not.

use andon::options::Options;
use andon::rules::Protection;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, placed};
use andon_tests::guests::hostile;
use andon_tests::{Backend, Door, MARKET, TestApp, on_both, options};
use serde_json::json;

use super::andon;

/// A marketplace under rules that say something worse of each merchant they are asked about in a row. None of their verdicts is
/// played again by itself, which would end them.
async fn moody(backend: Backend) -> TestApp {
    let protection = Protection { replay_one_in: 0, ..Protection::default() };
    let test = TestApp::with(backend, Options { protection, ..options() }).await;
    test.install(hostile()).await;
    let settings = [("mode".to_owned(), "moody".to_owned())].into();
    test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), settings, ..RulesSetup::default() }).await;
    for merchant in ["first", "second"] {
        // Of two lanes either may be first to make its merchant known, and due.
        test.accept(&[placed(merchant, merchant, NOW - DAY)]).await;
    }
    test.drain().await;
    test
}

on_both! {
    async fn a_replay_says_equal_or_shows_where_it_differs(backend) {
        let test = moody(backend).await;
        let operator = Door::new(&test).operator();
        let mut verdicts = Vec::new();
        for (merchant, score) in [("first", 1000), ("second", 999)] {
            let health = operator.get(&format!("/v1/marketplaces/olist/merchants/{merchant}/health")).await.ok();
            assert_eq!(health["score"], score, "{health}");
            verdicts.push(health["verdict"].as_str().unwrap().to_owned());
        }
        let replay = async |verdict: &str| operator.post(&format!("/v1/verdicts/{verdict}/replay"), &json!({})).await.ok();
        let equal = replay(&verdicts[0]).await;
        assert_eq!((&equal["equal"], &equal["differences"]), (&json!(true), &json!([])));
        let different = replay(&verdicts[1]).await;
        let score = json!([{"field": "score", "stored": 999, "replayed": 1000}]);
        assert_eq!((&different["equal"], &different["differences"]), (&json!(false), &score));
        assert_eq!(different["replayed"]["score"], 1000);
        let digest = different["rules"]["digest"].as_str().unwrap().to_owned();
        drop(operator);

        let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
        let aside = test.set_aside().await;
        let replay = |verdict: &str| {
            let place = ["replay", verdict, "--database-url", &url, "--home", home.path().to_str().unwrap()];
            tokio::task::block_in_place(|| andon(&place))
        };
        let equal = replay(&verdicts[0]).ok();
        assert!(equal.starts_with(&format!("component {digest}, settings ")) && equal.ends_with("equal, bit for bit\n"), "{equal}");
        let different = replay(&verdicts[1]);
        assert_eq!(different.failed(), "error: the rules conclude something else now");
        assert!(different.out.ends_with("\nscore\n  then: 999\n  now:  1000\n"), "{}", different.out);
        let unknown = replay("00000000-0000-7000-8000-000000000000");
        assert_eq!(unknown.failed(), "error: there is no verdict 00000000-0000-7000-8000-000000000000");
        drop(aside);
    }
}

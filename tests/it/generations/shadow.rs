//! What is judged in the shadow is compared with what is in force, and moves nothing at all.

use andon_domain::rollout::Plan;
use andon_tests::{Backend, Door, MARKET, TestApp, guests, on_both};
use proptest::prelude::*;
use serde_json::json;

use super::{ALL_CLAIMS, LENIENT, begin, lines, shops, standing, wanted};

/// Everything that a verdict may move. A verdict more is no move: when a shadow begins everybody is judged anew, and their peers
/// may have changed since.
async fn moved(test: &TestApp) -> Vec<Vec<String>> {
    let unnumbered = |line: &String| {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.remove(words.len() - 2);
        words.join(" ")
    };
    let mut all = vec![standing(test).await.iter().map(unnumbered).collect()];
    for sql in [
        "select m.ref || ' ' || cast(s.since as text) || ' ' || s.standing from standings s join merchants m on m.id = s.merchant
            order by m.ref, s.since, s.standing",
        "select distinct cast(generation as text) from verdicts",
        "select cast(id as text) from notices",
    ] {
        all.push(lines(test, sql).await);
    }
    all
}

/// The same events and evaluations, with other rules in the shadow from a third of them on, or with none.
async fn run(backend: Backend, lives: &[crate::flow::Life], shadow: bool) -> (TestApp, usize) {
    let test = TestApp::new(backend).await;
    let all = crate::flow::whole(lives);
    for (i, chunk) in all.chunks(all.len().div_ceil(3)).enumerate() {
        test.accept(chunk).await;
        if shadow && i == 1 {
            begin(&test, wanted(&[ALL_CLAIMS[0], ("preview-days", "31")], Plan::default())).await;
        }
        test.drain().await;
        test.clock.advance(3 * 86_400_000);
        test.drain().await;
    }
    let judged = lines(&test, "select 'x' from shadows").await.len();
    (test, judged)
}

fn moves_nothing(backend: Backend) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 4, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() };
    let outcome =
        proptest::test_runner::TestRunner::new(config).run(&prop::collection::vec(crate::flow::life(), 1..60), |lives| {
            runtime.block_on(async {
                let ((plain, _), (shadowed, judged)) = (run(backend, &lives, false).await, run(backend, &lives, true).await);
                prop_assert!(judged > 0, "nobody was judged in the shadow");
                prop_assert_eq!(moved(&plain).await, moved(&shadowed).await);
                Ok(())
            })
        });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn whatever_happens_a_shadow_moves_nothing_on_sqlite() {
    moves_nothing(Backend::Sqlite);
}

#[test]
fn whatever_happens_a_shadow_moves_nothing_on_postgres() {
    moves_nothing(Backend::Postgres);
}

on_both! {
    async fn the_report_says_who_would_stand_elsewhere(backend) {
        let test = shops(backend, 2).await;
        let id = begin(&test, wanted(&LENIENT, Plan::default())).await;
        test.drain().await;
        let operator = Door::new(&test).operator();
        let path = format!("/v1/marketplaces/olist/generations/{id}/shadow");
        let report = operator.get(&path).await.ok();
        assert_eq!((&report["merchants"], &report["agreeing"]), (&json!(4), &json!(2)));
        assert_eq!(report["standing_changes"], json!({"better": 2, "worse": 0, "sideways": 0}));
        let transitions = json!([{"from": "healthy", "to": "healthy", "merchants": 2}, {"from": "restricted", "to": "at-risk", "merchants": 2}]);
        assert_eq!(report["transitions"], transitions);
        assert_eq!((&report["new_breaches"], &report["new_proposals"], &report["vanished_proposals"]), (&json!(0), &json!(2), &json!(2)));
        for side in ["rules", "in_force"] {
            assert!(report[side]["fuel"].as_u64().unwrap() > 0, "{report}");
            assert_eq!((&report[side]["faults"], &report[side]["unclassified"]), (&json!(0), &json!(0)));
        }

        let first = operator.get(&format!("{path}/merchants?direction=better&limit=1")).await.ok();
        let next = first["next"].as_str().unwrap();
        let second = operator.get(&format!("{path}/merchants?direction=better&limit=1&cursor={next}")).await.ok();
        assert_eq!((&first["items"][0]["merchant"], &second["items"][0]["merchant"], &second["next"]), (&json!("bad-0"), &json!("bad-1"), &json!(null)));
        let better = &first["items"][0];
        assert_eq!((&better["agrees"], &better["today"]["standing"], &better["coming"]["level"]), (&json!(false), &json!("restricted"), &json!("at-risk")));
        let difference = json!({"direction": "better", "new_breaches": [], "ended_breaches": [],
            "new_proposals": ["warning"], "vanished_proposals": ["ask-plan-of-action", "suspend"]});
        assert_eq!((&better["difference"], &better["fault"]), (&difference, &json!(null)));
        assert_eq!(operator.get(&format!("{path}/merchants?direction=worse")).await.ok()["items"], json!([]));
        assert_eq!(operator.get(&format!("{path}/merchants")).await.ok()["items"].as_array().unwrap().len(), 4);
        assert_eq!(operator.get(&format!("{path}/merchants?direction=up")).await.short(), "422 invalid direction");
    }

    async fn what_classifying_takes_is_in_the_report(backend) {
        let test = shops(backend, 1).await;
        test.install(guests::hostile()).await;
        let slow = andon::setup::Wanted { rules: "hostile@0.1.0".into(), ..wanted(&[("mode", "slow")], Plan::default()) };
        let id = begin(&test, slow).await;
        test.drain().await;
        let operator = Door::new(&test).operator();
        let report = operator.get(&format!("/v1/marketplaces/{MARKET}/generations/{id}/shadow")).await.ok();
        assert_eq!(report["rules"]["classifying"]["facts"], 62, "{report}");
        let each = |side: &str| {
            let took = |what: &str| report[side]["classifying"][what].as_u64().unwrap();
            took("fuel") / took("facts")
        };
        assert!(each("rules") > 2 * each("in_force"), "{report}");
        let ruling = format!("/v1/marketplaces/{MARKET}/generations/{}/shadow", test.market().generation.as_ref().unwrap().id);
        assert_eq!(operator.get(&ruling).await.short(), "409 conflict");
    }

    async fn a_shadow_that_fails_is_counted_and_stales_nothing(backend) {
        let test = shops(backend, 1).await;
        test.install(guests::hostile()).await;
        let before = standing(&test).await;
        let trap = andon::setup::Wanted { rules: "hostile@0.1.0".into(), ..wanted(&[("mode", "trap")], Plan::default()) };
        let id = begin(&test, trap).await;
        test.drain().await;
        let operator = Door::new(&test).operator();
        let report = operator.get(&format!("/v1/marketplaces/{MARKET}/generations/{id}/shadow")).await.ok();
        assert_eq!((&report["rules"]["faults"], &report["in_force"]["faults"]), (&json!(2), &json!(0)));
        assert_eq!((&report["rules"]["unclassified"], &report["in_force"]["unclassified"]), (&json!(62), &json!(0)));
        assert_eq!(standing(&test).await, before);
        let health = operator.get("/v1/marketplaces/olist/merchants/bad-0/health").await.ok();
        assert_eq!(health["stale"], false);
    }
}

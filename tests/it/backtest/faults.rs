//! A candidate that fails is counted with its code, takes nothing from the rules in force, and brings nothing down.

use std::sync::Arc;

use andon::backtest::{BacktestError, Progress, Question, run};
use andon_tests::events::{DAY, NOW};
use andon_tests::{TestApp, guests, on_both};

use super::{backtest, candidate, months};

on_both! {
    async fn a_candidate_that_fails_is_told_of_and_no_more(backend) {
        let test = TestApp::new(backend).await;
        test.accept(&months()).await;
        let period = (NOW - 5 * DAY, NOW);
        for (mode, code) in [("trap", "E_TRAP"), ("loop", "E_FUEL")] {
            let broken = candidate(&test, guests::hostile(), &[("mode", mode)]).await;
            let report = backtest(&test, &broken, period, "1d").await;
            let coverage = &report.coverage;
            assert_eq!((coverage.with_facts, coverage.compared, report.changed), (8, 0, 0));
            let faults: Vec<_> = coverage.faults.iter().map(|f| (&*f.rules, &*f.code, f.verdicts, f.merchants)).collect();
            assert_eq!(faults, [("candidate", code, 6 * 8, 8)]);
            assert!(coverage.faults[0].message.starts_with(code), "{}", coverage.faults[0].message);
            assert!(report.transitions.is_empty() && report.timeline.iter().all(|m| m.compared == 0));
        }
        let gate = test.market().generation.as_ref().unwrap().judge.gate().rests();
        assert_eq!(gate, (0, None), "the rules in force are none the worse");
    }

    async fn one_that_is_stopped_says_nothing(backend) {
        let test = TestApp::new(backend).await;
        test.accept(&months()).await;
        let (market, candidate) = (test.market(), candidate(&test, guests::amazon(), &[]).await);
        let question = Question { market, candidate, from: NOW - DAY, to: NOW, every: "1h".parse().unwrap(), now: NOW };
        let progress = Arc::new(Progress::default());
        progress.stop();
        let stopped = run(test.app.store.clone(), question, progress).await;
        assert!(matches!(stopped, Err(BacktestError::Stopped)), "{stopped:?}");
    }
}

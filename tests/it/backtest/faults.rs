//! A candidate that fails is counted with its code, takes nothing from the rules in force, and brings nothing down.

use std::sync::Arc;
use std::time::Duration;

use andon::backtest::{BacktestError, Bounds, Progress, Question, run};
use andon::options::Options;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW};
use andon_tests::{MARKET, TestApp, guests, on_both, options};

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
        let (every, bounds) = ("1h".parse().unwrap(), Bounds::default());
        let question = Question { market, candidate, from: NOW - DAY, to: NOW, every, now: NOW, bounds };
        let progress = Arc::new(Progress::default());
        progress.stop();
        let stopped = run(test.app.store.clone(), question, progress).await;
        assert!(matches!(stopped, Err(BacktestError::Stopped)), "{stopped:?}");
    }

    async fn one_that_takes_too_long_says_nothing(backend) {
        let test = TestApp::new(backend).await;
        test.accept(&months()).await;
        let (market, candidate) = (test.market(), candidate(&test, guests::amazon(), &[]).await);
        let (every, bounds) = ("1h".parse().unwrap(), Bounds { time: Duration::ZERO, ..Bounds::default() });
        let question = Question { market, candidate, from: NOW - DAY, to: NOW, every, now: NOW, bounds };
        let late = run(test.app.store.clone(), question, Arc::default()).await.unwrap_err();
        assert_eq!(late.to_string(), "it took longer than 0 seconds; ask about fewer moments");
    }

    async fn whoever_has_more_facts_than_may_be_is_left_out_and_named(backend) {
        // `shop-0` to `shop-4` have thirty orders each, the three others more.
        let backtest_of = |facts: usize| async move {
            let options = Options { backtest: Bounds { facts, ..Bounds::default() }, ..options() };
            let test = TestApp::with(backend, options).await;
            test.install(guests::amazon()).await;
            test.create_market(MARKET, RulesSetup { rules: Some("amazon".into()), ..RulesSetup::default() }).await;
            test.accept(&months()).await;
            let candidate = candidate(&test, guests::amazon(), &[]).await;
            backtest(&test, &candidate, (NOW - 5 * DAY, NOW), "1d").await
        };
        let reports = [backtest_of(1_000).await, backtest_of(30).await, backtest_of(29).await];
        let [all, most, none] = reports.map(|report| (report.coverage.left_out, report.coverage.with_facts));
        let shops: Vec<String> = (0..5).map(|n| format!("shop-{n}")).collect();
        assert_eq!((all.0.len(), all.1), (0, 8));
        assert!(most.0.len() == 3 && most.1 == 5 && !shops.iter().any(|shop| most.0.contains(shop)), "{most:?}");
        assert!(none.0.len() == 8 && none.1 == 0 && shops.iter().all(|shop| none.0.contains(shop)), "{none:?}");
    }
}

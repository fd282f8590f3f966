//! A build beside the flow of events ends as if its rules had judged from the start, whatever it is interrupted by; and what is
//! retired leaves nothing behind.

use andon::ledger::Cause;
use andon::store::session::For;
use andon_domain::rollout::{Plan, State};
use andon_tests::{MARKET, Picture, TestApp, on_both};

use super::{ALL_CLAIMS, audited, begin, from_the_start, lines, lives, state, wanted};

on_both! {
    async fn a_build_while_events_arrive_equals_one_from_nothing(backend) {
        let all = lives(500);
        let test = TestApp::new(backend).await;
        let (before, meanwhile) = all.split_at(all.len() / 2);
        test.accept(before).await;
        test.drain().await;
        let id = begin(&test, wanted(&ALL_CLAIMS, Plan::at_once())).await;
        let mut chunks = meanwhile.chunks(150);
        for pages in 0.. {
            if state(&test, id) != Some(State::Building) {
                assert!(pages > 1, "too few facts to tell anything");
                break;
            }
            test.accept(chunks.next().unwrap_or(&[])).await;
            assert!(test.app.build(MARKET).await.unwrap());
        }
        assert_eq!((state(&test, id), test.market().generation.as_ref().unwrap().id), (Some(State::Active), id));
        for chunk in chunks {
            test.accept(chunk).await;
        }
        test.drain().await;
        audited(&test, all.len()).await;

        let fresh = from_the_start(backend, &ALL_CLAIMS).await;
        fresh.accept(&all).await;
        fresh.drain().await;
        let (built, fresh) = (Picture::of(&test).await, Picture::of(&fresh).await);
        assert_eq!(built, fresh);
        let plain = TestApp::new(backend).await;
        plain.accept(&all).await;
        plain.drain().await;
        assert_ne!(Picture::of(&plain).await.tallies, fresh.tallies, "the settings make no difference");
    }

    async fn a_build_is_paused_resumed_and_cancelled(backend) {
        let all = lives(400);
        let test = TestApp::new(backend).await;
        test.accept(&all).await;
        test.drain().await;
        let before = Picture::of(&test).await;
        let id = begin(&test, wanted(&ALL_CLAIMS, Plan::at_once())).await;
        assert!(test.app.build(MARKET).await.unwrap());
        test.app.line_up(MARKET, Cause::host(""), |m| m.lineup.pause(id)).await.unwrap();
        assert!(!test.app.build(MARKET).await.unwrap(), "a paused build went on");
        let built = test.app.store.generation(id).await.unwrap().unwrap();
        assert!(built.built > 0 && built.built < built.subjects, "{built:?}");
        // A pause outlives the host.
        let test = test.restarted().await;
        assert_eq!(state(&test, id), Some(State::Paused));
        test.app.line_up(MARKET, Cause::host(""), |m| m.lineup.resume(id)).await.unwrap();
        assert!(test.app.build(MARKET).await.unwrap());
        audited(&test, all.len()).await;
        test.app.line_up(MARKET, Cause::host(""), |m| m.lineup.cancel(id, "not wanted".into())).await.unwrap();
        test.drain().await;
        assert_eq!((state(&test, id), Picture::of(&test).await), (None, before));
        nothing_left(&test, id).await;
        let row = test.app.store.generation(id).await.unwrap().unwrap();
        assert_eq!((row.entry.state, row.entry.stopped.as_deref()), (State::Retired, Some("not wanted")));
    }

    async fn the_one_before_the_last_is_retired_and_leaves_nothing(backend) {
        let all = lives(300);
        let test = TestApp::new(backend).await;
        test.accept(&all).await;
        test.drain().await;
        let first = test.market().generation.as_ref().unwrap().id;
        for preview in ["2", "3"] {
            begin(&test, wanted(&[("preview-days", preview)], Plan::at_once())).await;
            test.drain().await;
        }
        assert_eq!(test.market().lineup.entries().len(), 2, "the one in force, and one to go back to");
        nothing_left(&test, first).await;
        audited(&test, all.len()).await;
        // Its verdicts are kept for good.
        assert_ne!(lines(&test, &format!("select 'v' from verdicts where generation = {first}")).await, Vec::<String>::new());
    }
}

/// No sums, evidence, faults, shadows or marks of a generation.
async fn nothing_left(test: &TestApp, id: i64) {
    for table in ["tallies", "evidence", "repeats", "faults", "shadows", "stood"] {
        assert_eq!(
            lines(test, &format!("select 'x' from {table} where generation = {id}")).await,
            Vec::<String>::new(),
            "{table}"
        );
    }
    let market = test.market().id;
    let subjects =
        test.app.store.read(move |session| session.subjects_after(market, None, 0, 100_000, For::Reading)).await.unwrap();
    assert!(subjects.iter().all(|s| s.marks.iter().all(|m| m.generation != id)));
}

//! What a backtest says of a moment is what playing that moment says, merchant by merchant, for both sets of rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon::backtest::Report;
use andon::backtest::report::{Changed, Figures};
use andon::clock::Clock;
use andon::enforce::Taking;
use andon::markets::Generation;
use andon::pipeline::play::Scene;
use andon::store::session::For;
use andon_domain::calendar::date_of;
use andon_domain::difference::{Difference, Direction, Judgement};
use andon_domain::enforce::measure::{Kind, Measure};
use andon_domain::ids::{Instant, Named};
use andon_domain::verdict::{Snapshot, Verdict};
use andon_tests::events::{DAY, NOW};
use andon_tests::{MARKET, Picture, TestApp, guests, on_both};

use super::{backtest, candidate, months};

/// A merchant as one set of rules would have seen it, as `?as_of=` plays it.
async fn played(test: &TestApp, generation: &Arc<Generation>, merchant: i64, at: Instant) -> Option<(Snapshot, Verdict)> {
    let (market, generation) = (test.market(), generation.clone());
    let read = test.app.store.read(move |session| {
        let known = session.subjects_after(market.id, Some(merchant), 0, 10_000, For::Reading)?;
        let fact =
            |s: &andon::store::session::Subject| s.history.fact(&Named { key: s.key, name: s.reference.as_str().into() }, at);
        if !known.iter().any(|s| fact(s).is_some()) {
            return Ok(None);
        }
        let scene = Scene::of(session, (&market, &generation), merchant, Some(at))?;
        let play = scene.at(session, at, &[]).unwrap();
        let standing = play.standing.unwrap_or(play.verdict.standing);
        Ok(Some((play.snapshot, Verdict { standing, ..play.verdict })))
    });
    read.await.unwrap()
}

/// The parts of a report that moments decide.
#[derive(Debug, Default, PartialEq)]
struct Told {
    /// Compared, better, worse, sideways, other proposals: by moment.
    timeline: Vec<[u64; 5]>,
    last: BTreeMap<(String, String), u64>,
    all: BTreeMap<(String, String), u64>,
    /// By merchant: standings, scores and what is proposed at the last moment at which they differ, and at how many they do.
    changed: BTreeMap<String, String>,
}

fn told(report: &Report) -> Told {
    let moves =
        |all: &[andon::backtest::report::Transition]| all.iter().map(|t| ((t.from.clone(), t.to.clone()), t.count)).collect();
    let line = |c: &Changed| {
        let (old, new) = (&c.in_force, &c.candidate);
        let stands = format!("{} {} {} {} {}", old.standing, old.score, new.standing, new.score, c.direction);
        format!("{stands} +{:?} -{:?} at {} of {}", c.new_proposals, c.vanished_proposals, c.at, c.moments)
    };
    Told {
        timeline: report.timeline.iter().map(|m| [m.compared, m.better, m.worse, m.sideways, m.proposals]).collect(),
        last: moves(&report.transitions),
        all: moves(&report.transitions_all),
        changed: report.merchants.iter().map(|c| (c.merchant.clone(), line(c))).collect(),
    }
}

/// The same from plays of every merchant at every moment.
async fn expected(test: &TestApp, rules: [&Arc<Generation>; 2], report: &Report) -> Told {
    let mut told = Told::default();
    let references: Vec<String> =
        ["m0", "m1", "m2"].map(String::from).into_iter().chain((0..5).map(|i| format!("shop-{i}"))).collect();
    for (index, moment) in report.timeline.iter().enumerate() {
        let at = chrono::DateTime::parse_from_rfc3339(&moment.at).unwrap().timestamp_millis();
        let mut counts = [0; 5];
        for reference in &references {
            let id = test.app.store.merchant(test.market().id, reference).await.unwrap().unwrap().id;
            let old = played(test, rules[0], id, at).await;
            let Some((old, new)) = old.zip(played(test, rules[1], id, at).await) else { continue };
            let of = |side: usize| {
                let (snapshot, verdict) = if side == 0 { (&old.0, &old.1) } else { (&new.0, &new.1) };
                Judgement { manifest: rules[side].manifest(), snapshot, verdict }
            };
            let difference = Difference::between(of(0), of(1));
            let code = |side: usize| of(side).manifest.standings[usize::from(of(side).verdict.standing)].code.clone();
            let place = match difference.direction {
                Direction::Better => 1,
                Direction::Worse => 2,
                Direction::Sideways => 3,
                Direction::Same => 4,
            };
            counts[0] += 1;
            counts[place] += u64::from(!difference.agrees());
            *told.all.entry((code(0), code(1))).or_default() += 1;
            if index + 1 == report.timeline.len() {
                *told.last.entry((code(0), code(1))).or_default() += 1;
            }
            if !difference.agrees() {
                let moments =
                    told.changed.get(reference).map_or(1, |line| 1 + line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
                let stands = format!("{} {} {} {} {}", code(0), old.1.score, code(1), new.1.score, difference.direction.word());
                let (newly, vanished) = (&difference.new_proposals, &difference.vanished_proposals);
                told.changed
                    .insert(reference.clone(), format!("{stands} +{newly:?} -{vanished:?} at {} of {moments}", moment.at));
                if let Some(shown) = report.merchants.iter().find(|c| c.merchant == *reference && c.at == moment.at) {
                    read_alike(shown, rules, [&old.0, &new.0]);
                }
            }
        }
        told.timeline.push(counts);
    }
    told
}

/// The readings shown are those that the plays show.
fn read_alike(shown: &Changed, rules: [&Arc<Generation>; 2], snapshots: [&Snapshot; 2]) {
    assert!(!shown.readings.is_empty() || shown.direction == "same", "{shown:?}");
    for reading in &shown.readings {
        for (side, figures) in [&reading.in_force, &reading.candidate].into_iter().enumerate() {
            let index = rules[side].metric(&reading.metric);
            let expected = index.map(|index| {
                let (metric, r) = (&rules[side].metrics[index], &snapshots[side].readings[index]);
                Figures {
                    numerator: r.numerator,
                    denominator: r.denominator,
                    value: r.value,
                    target: metric.limit.map(|limit| limit.target),
                    status: r.status.word().to_owned(),
                    from: date_of(r.from).to_string(),
                    to: date_of(r.to).to_string(),
                }
            });
            assert_eq!(*figures, expected, "{} of {}", reading.metric, shown.merchant);
        }
    }
}

/// Badges come and go, and accounts are shut and opened again, on the days after now; answers when the last of them is over.
async fn decided(test: &TestApp) -> Instant {
    let badge = |kind| Measure::about(kind, "top-rated-seller");
    let (award, revoke) = (badge(Kind::AwardBadge), badge(Kind::RevokeBadge));
    let [suspend, reinstate] = [Kind::Suspend, Kind::Reinstate].map(Measure::of);
    for (merchant, measure) in [
        ("shop-0", &award),
        ("shop-2", &award),
        ("shop-1", &suspend),
        ("shop-2", &revoke),
        ("m0", &suspend),
        ("shop-1", &reinstate),
        ("m1", &award),
        ("shop-1", &suspend),
    ] {
        test.clock.advance(DAY);
        let merchant = test.app.store.merchant(test.market().id, merchant).await.unwrap().unwrap().id;
        let (reason, note) = ("looked-at".to_owned(), "We have looked at it.".to_owned());
        test.app.take(MARKET, Taking { merchant, measure: measure.clone(), days: None, reason, note }, "ann").await.unwrap();
        test.drain().await;
    }
    test.clock.now()
}

on_both! {
    async fn every_moment_is_as_it_is_played(backend) {
        let test = TestApp::new(backend).await;
        // Judged on the way, so that standings change and rules are told of others at other moments.
        let events = months();
        for part in events.chunks(events.len().div_ceil(3)) {
            test.accept(part).await;
            test.drain().await;
        }
        let to = decided(&test).await;
        let before = Picture::of(&test).await;
        let in_force = test.market().generation.clone().unwrap();
        // Other settings; a monthly cadence and a badge; quotas, weeks apart; immunity of the reinstated.
        let amazon = candidate(&test, guests::amazon(), &[("preview-days", "2"), ("counted-claim-states", "open denied withdrawn granted")]).await;
        let ebay = candidate(&test, &guests::component("andon-ebay"), &[]).await;
        let taobao = candidate(&test, guests::taobao(), &[]).await;
        let mirakl = candidate(&test, &guests::component("andon-mirakl"), &[]).await;
        let mut seen = String::new();
        for (rules, days, every) in
            [(&amazon, 30, "2d"), (&ebay, 70, "5d"), (&taobao, 40, "1w"), (&mirakl, 8, "1d"), (&amazon, 0, "6h")]
        {
            let report = backtest(&test, rules, (to - days * DAY, to), every).await;
            seen += &serde_json::to_string(&report).unwrap();
            assert_eq!(told(&report), expected(&test, [&in_force, rules], &report).await, "{every}");
            assert_eq!((report.coverage.with_facts, report.coverage.faults.len()), (8, 0));
            assert!(report.changed > 0 || days == 0, "nothing was compared that differs: {every}");
        }
        for word in ["revoke-badge", "immune"] {
            assert!(seen.contains(word), "nothing came of {word}");
        }
        assert_eq!(Picture::of(&test).await, before, "facts are as they were");
    }

    async fn rules_held_against_themselves_differ_nowhere(backend) {
        let test = TestApp::new(backend).await;
        test.accept(&months()).await;
        let same = candidate(&test, guests::amazon(), &[]).await;
        let report = backtest(&test, &same, (NOW - 20 * DAY, NOW), "1d").await;
        assert_eq!((report.changed, report.merchants.len(), report.actions.len()), (0, 0, 0));
        assert!(report.transitions_all.iter().all(|t| t.from == t.to));
        assert!(report.reach.iter().all(|at| (at.newly, at.no_longer, at.in_force) == (0, 0, at.candidate)));
        let coverage = &report.coverage;
        assert_eq!((coverage.merchants, coverage.with_facts, coverage.compared), (8, 8, 8 * 21));
        assert_eq!(coverage.orders, 160 + 5 * 30);
        assert!(coverage.classified < 2 * 8 * 21 * 40, "only what changes is asked about again: {}", coverage.classified);
    }
}

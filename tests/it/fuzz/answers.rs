//! Whatever a guest hands over, there is an answer that keeps all the rules, or a fault with a code. The rules are written down
//! here once more, so that the host's own list is held against another.

use std::sync::Arc;

use andon::rules::{Engine, Judge, Limits, PluginFault, Rules};
use andon_domain::manifest::Manifest;
use andon_domain::mark::Classified;
use andon_domain::reading::Status;
use andon_domain::verdict::{Action, Reason, Snapshot, Verdict};
use andon_tests::guests::{Contract, TextGuest};
use andon_tests::questions::{NOW, orders, reading, snapshot};
use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};

use super::inputs;
use super::values::{mutate, value};

/// Where in the guest's memory its settings are written to, and found as its answer.
const ANSWER: u32 = 0x6_0000;

/// Settings that carry the answer, two letters a byte.
const SETTINGS: usize = 64;
const LETTERS: usize = 512;

/// Writes down what its settings say and hands it over as its answer to anything.
const WRITE_DOWN: &str = "
    (local $from i32) (local $end i32) (local $to i32)
    (local.set $to (i32.const 0x60000))
    (block $done (loop $setting
        (br_if $done (i32.eqz (local.get $len)))
        (local.set $from (i32.load offset=8 (local.get $p0)))
        (local.set $end (i32.add (local.get $from) (i32.load offset=12 (local.get $p0))))
        (block $written (loop $byte
            (br_if $written (i32.ge_u (local.get $from) (local.get $end)))
            (i32.store8 (local.get $to) (i32.or
                (i32.shl (i32.sub (i32.load8_u (local.get $from)) (i32.const 97)) (i32.const 4))
                (i32.sub (i32.load8_u offset=1 (local.get $from)) (i32.const 97))))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $from (i32.add (local.get $from) (i32.const 2)))
            (br $byte)))
        (local.set $p0 (i32.add (local.get $p0) (i32.const 16)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (br $setting)))";

fn parrot() -> Arc<Rules> {
    let say = format!("(return (i32.const {ANSWER}))");
    let keys: Vec<String> = (0..SETTINGS).map(|i| format!("s{i}")).collect();
    let guest = TextGuest::default().pages(8).doing("configure", WRITE_DOWN).doing("classify", &say).doing("evaluate", &say);
    let guest = guest.declaring(|manifest| {
        let codes = ["by-carrier", "late", "slow", "star"];
        (manifest["exclusions"], manifest["causes"]) = (json!([codes[0]]), json!([codes[1]]));
        (manifest["reasons"], manifest["badges"]) = (json!([codes[1], codes[2]]), json!([codes[3]]));
        manifest["settings"] = keys.iter().map(|key| json!({"key": key, "kind": "text"})).collect();
        let words = codes.into_iter().chain(keys.iter().map(String::as_str)).map(|code| json!(["en", code, "Words"]));
        manifest["wording"].as_array_mut().unwrap().extend(words);
    });
    let engine = Engine::new(Limits { fuel: 1_000_000, ..Limits::default() }).unwrap();
    engine.admit(&guest.component()).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A judge that will answer so.
fn saying(rules: &Arc<Rules>, answer: &[u8]) -> Option<Judge> {
    let letter = |half: u8| char::from(b'a' + half);
    let letters: String = answer.iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect();
    let texts = (0..SETTINGS).map(|i| letters.get(i * LETTERS..).map_or("", |rest| &rest[..rest.len().min(LETTERS)]));
    let settings: Vec<_> = texts.enumerate().map(|(i, text)| (format!("s{i}"), text.to_owned())).collect();
    (letters.len() <= SETTINGS * LETTERS).then(|| rules.configure(&settings).unwrap())
}

/// An answer of a function, more often than not one for as many as are asked.
fn answer(function: &str, asked: usize, u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let contract = Contract::current();
    let ty = contract.answer(function);
    let mut answer = value(contract, ty, u)?;
    if let Some(Value::Array(items)) = answer.get_mut("ok").filter(|_| u.ratio(9u8, 10).unwrap_or(false)) {
        items.resize_with(asked, || json!({}));
    }
    let mut image = contract.image(ty, &answer, ANSWER);
    if u.ratio(1u8, 3)? {
        mutate(&mut image, 4, u)?;
    }
    Ok(image)
}

/// How often there was an answer, and how often a fault.
#[derive(Default)]
struct Seen {
    answers: u32,
    faults: u32,
}

impl Seen {
    fn note<T>(&mut self, answer: std::result::Result<T, PluginFault>) -> Option<T> {
        match answer {
            Ok(answer) => {
                self.answers += 1;
                Some(answer)
            }
            Err(fault) => {
                self.faults += 1;
                let told = fault.to_string();
                assert!(["E_OUTPUT", "E_FACTS"].contains(&fault.code()), "{told}");
                assert!(told.len() < 2_000 && !told.chars().any(char::is_control), "{told}");
                None
            }
        }
    }

    /// Inputs that all come to the same would test little.
    fn were_both(&self) {
        assert!(self.answers > 0 && self.faults > 0, "{} answers, {} faults", self.answers, self.faults);
    }
}

#[test]
fn what_facts_mean() {
    let (rules, facts, mut seen) = (parrot(), orders(4), Seen::default());
    inputs(3_000, |u| {
        let asked: Vec<_> = facts.iter().take(u.int_in_range(1..=4)?).collect();
        let Some(judge) = saying(&rules, &answer("classify", asked.len(), u)?) else { return Ok(()) };
        if let Some(answers) = seen.note(judge.classify(NOW, &asked)) {
            assert_eq!(answers.len(), asked.len());
            for answer in &answers {
                is_sound(rules.manifest(), answer);
            }
        }
        Ok(())
    });
    seen.were_both();
}

fn is_sound(manifest: &Manifest, answer: &Classified) {
    assert!(answer.marks.len() <= 64);
    for mark in &answer.marks {
        assert!(usize::from(mark.counter) < manifest.counters.len());
        assert!(mark.cause.is_none_or(|cause| usize::from(cause) < manifest.causes.len()));
        assert!(mark.excluded.is_none_or(|exclusion| usize::from(exclusion) < manifest.exclusions.len()));
        assert!((946_684_800_000..4_102_444_800_000).contains(&mark.at), "{}", mark.at);
        assert!(mark.amount.unsigned_abs() <= 1_000_000_000_000_000, "{}", mark.amount);
    }
    is_later(answer.revisit);
}

fn is_later(revisit: Option<i64>) {
    assert!(revisit.is_none_or(|at| at > NOW && at < 4_102_444_800_000), "{revisit:?}");
}

#[test]
fn what_readings_lead_to() {
    let (rules, mut seen) = (parrot(), Seen::default());
    let statuses = [Status::Good, Status::AtRisk, Status::Breached, Status::Insufficient];
    inputs(3_000, |u| {
        let mut one = || Ok(vec![reading(*u.choose(&statuses)?)]);
        let snapshots = [snapshot(one()?, Some(one()?)), snapshot(one()?, None)];
        let asked = &snapshots[..u.int_in_range(1..=2)?];
        let Some(judge) = saying(&rules, &answer("evaluate", asked.len(), u)?) else { return Ok(()) };
        if let Some(verdicts) = seen.note(judge.evaluate(asked)) {
            assert_eq!(verdicts.len(), asked.len());
            verdicts.iter().zip(asked).for_each(|(verdict, snapshot)| follows(rules.manifest(), verdict, snapshot));
        }
        Ok(())
    });
    seen.were_both();
}

fn follows(manifest: &Manifest, verdict: &Verdict, snapshot: &Snapshot) {
    assert!(usize::from(verdict.standing) < manifest.standings.len() && verdict.score <= 1_000);
    assert!(verdict.reasons.len() <= 32 && verdict.proposals.len() <= 32);
    is_later(verdict.revisit);
    let shown = |listing: u64| snapshot.listings.iter().find(|shown| shown.listing == listing).unwrap();
    let readings = |reason: &Reason| reason.listing.map_or(&snapshot.readings, |listing| &shown(listing).readings);
    let sound = |reason: &Reason| {
        assert!(usize::from(reason.code) < manifest.reasons.len());
        assert!(reason.metric.is_none_or(|metric| usize::from(metric) < readings(reason).len()));
    };
    verdict.reasons.iter().for_each(sound);
    for proposal in &verdict.proposals {
        proposal.reasons.iter().for_each(sound);
        assert!((1..=32).contains(&proposal.reasons.len()));
        let status = |reason: &Reason| reason.metric.map(|metric| readings(reason)[usize::from(metric)].status);
        assert!(proposal.reasons.iter().all(|reason| status(reason) != Some(Status::Insufficient)));
        match proposal.action {
            Action::PullListing(listing) | Action::RestoreListing(listing) => assert_eq!(shown(listing).listing, listing),
            Action::AwardBadge(badge) | Action::RevokeBadge(badge) => assert!(usize::from(badge) < manifest.badges.len()),
            _ => {}
        }
    }
}

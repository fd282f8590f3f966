//! Rules in TypeScript, built as an author builds them and asked through the real sandbox: what they answer, that they can find
//! neither clock nor chance, and what becomes of JavaScript's own ways to go wrong.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use andon::rules::{ConfigureError, Engine, Judge, Limits, Rules};
use andon_domain::fact::{Channel, Contact, Fact};
use andon_domain::ids::{Instant, Named};
use andon_domain::mark::Classified;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{Action, ListingSnapshot, Party, Snapshot, Verdict};
use andon_tests::{guests, typings};

/// 2026-03-05.
const NOW: Instant = 1_772_668_800_000;
const HOUR: Instant = 3_600_000;

fn engine() -> &'static Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Limits::default()).unwrap())
}

fn zappos() -> &'static Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    RULES.get_or_init(|| engine().admit(guests::zappos()).unwrap())
}

fn troubled(mode: &str) -> Judge {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let rules = RULES.get_or_init(|| engine().admit(guests::troubled()).unwrap());
    rules.configure(&[("mode".to_owned(), mode.to_owned())]).unwrap()
}

/// A contact that the buyer opened `age` ago, and nothing more.
fn contact(key: u64, age: Instant) -> Contact {
    Contact {
        id: Named { key, name: format!("k{key}").into() },
        opened: NOW - age,
        channel: Channel::Phone,
        reason: "delivery".into(),
        answer_owed: true,
        first_answer: None,
        resolved: None,
        reopened: 0,
        satisfaction: None,
    }
}

/// A contact answered and resolved within the hour, and liked.
fn pleasant(key: u64, age: Instant) -> Contact {
    let opened = NOW - age;
    Contact { first_answer: Some(opened + 1), resolved: Some(opened + HOUR), satisfaction: Some(5), ..contact(key, age) }
}

fn classify(judge: &Judge, contacts: Vec<Contact>) -> Vec<Classified> {
    let facts: Vec<_> = contacts.into_iter().map(|contact| Fact::Contact(Box::new(contact))).collect();
    judge.classify(NOW, &facts.iter().collect::<Vec<_>>()).unwrap()
}

/// What an answer says, as `counter amount cause`.
fn said(rules: &Rules, answer: &Classified) -> Vec<String> {
    let manifest = rules.manifest();
    let mark = |mark: &andon_domain::mark::Mark| {
        let cause = mark.cause.map_or_else(String::new, |cause| format!(" {}", manifest.causes[usize::from(cause)]));
        format!("{} {}{cause}", manifest.counters[usize::from(mark.counter)].code, mark.amount)
    };
    answer.marks.iter().map(mark).collect()
}

fn reading(value: f64, status: Status) -> Reading {
    Reading {
        value,
        numerator: 1,
        denominator: 2,
        buyers: 0,
        lower: value,
        upper: value,
        peers: None,
        status,
        breached_in_a_row: u16::from(status == Status::Breached),
        from: 0,
        to: 1,
        excluded_numerator: 0,
        value_with_excluded: value,
    }
}

fn snapshot(readings: Vec<Reading>, listings: Vec<ListingSnapshot>) -> Snapshot {
    let merchant = Party { joined: NOW - 9, standing: None, standing_since: NOW - 9, badges: vec![], reinstated: None };
    Snapshot { now: NOW, merchant, readings, listings }
}

fn fault(mode: &str) -> String {
    let fact = Fact::Contact(Box::new(contact(1, HOUR)));
    troubled(mode).classify(NOW, &[&fact]).unwrap_err().to_string()
}

#[test]
fn types_follow_the_contract() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("sdk");
    let (path, wanted) = (sdk.join("typescript/src/contract.ts"), typings::contract(&sdk.join("wit")));
    if std::env::var_os("ANDON_UPDATE_TYPES").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == wanted, "contract.ts is not what the contract makes; ANDON_UPDATE_TYPES=1 writes it anew");
}

#[test]
fn zappos_is_admitted_and_declares_what_it_judges() {
    let manifest = zappos().manifest();
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("zappos", "0.1.0"));
    let metrics: Vec<_> = manifest.metrics.iter().map(|metric| metric.code.as_str()).collect();
    assert_eq!(metrics, ["first-contact-resolution", "happiness", "follow-up-rate", "answers-kept-rate"]);
    let locales: BTreeSet<_> = manifest.wording.iter().map(|(locale, ..)| locale.as_str()).collect();
    assert_eq!(locales, BTreeSet::from(["en", "zh-CN"]));
}

#[test]
fn zappos_classifies_contacts_across_batches() {
    let judge = zappos().configure(&[]).unwrap();
    let contacts = (0..300).map(|i| if i % 2 == 0 { pleasant(i, 48 * HOUR) } else { contact(i, 48 * HOUR) });
    let answers = classify(&judge, contacts.collect());
    let good = [
        "contacts-settled 1",
        "contacts-settled-at-once 1",
        "follow-ups-due 1",
        "follow-ups-made 1",
        "answers-owed 1",
        "answers-kept 1",
        "contacts-rated 1",
        "happiness-points 100",
    ];
    for (i, answer) in answers.iter().enumerate() {
        let expected: &[&str] = if i % 2 == 0 { &good } else { &["answers-owed 1", "answers-broken 1 not-answered"] };
        assert_eq!(said(zappos(), answer), expected, "{i}");
        let revisit = (i % 2 == 1).then_some(NOW + 5 * 24 * HOUR + 1);
        assert_eq!(answer.revisit, revisit, "{i}");
    }
}

#[test]
fn zappos_evaluates_readings() {
    let judge = zappos().configure(&[]).unwrap();
    let good = || [0.9, 90.0, 0.96, 0.97].map(|value| reading(value, Status::Good)).to_vec();
    let mut slow = good();
    slow[3] = reading(0.5, Status::Breached);
    let verdicts = judge.evaluate(&[snapshot(good(), vec![]), snapshot(slow, vec![])]).unwrap();
    let standing = |verdict: &Verdict| zappos().manifest().standings[usize::from(verdict.standing)].code.clone();
    assert_eq!((standing(&verdicts[0]).as_str(), verdicts[0].score), ("wow", 932));
    assert_eq!(verdicts[0].proposals[0].action, Action::AwardBadge(0));
    assert_eq!((standing(&verdicts[1]).as_str(), verdicts[1].score), ("coaching", 815));
    assert_eq!(verdicts[1].proposals[0].action, Action::AskPlanOfAction);
}

#[test]
fn settings_are_read_and_refused_by_key() {
    let set = |key: &str, value: &str| zappos().configure(&[(key.to_owned(), value.to_owned())]);
    let patient = set("answer-hours", "49").unwrap();
    let answer = classify(&patient, vec![contact(1, 48 * HOUR)]).remove(0);
    assert_eq!((said(zappos(), &answer), answer.revisit), (vec![], Some(NOW + HOUR + 1)));
    let refused = [set("answer-hours", "169"), set("patience", "1")].map(|judge| judge.unwrap_err().to_string());
    assert_eq!(refused, ["setting answer-hours is above 168", "setting patience is not declared by these rules"]);
}

#[test]
fn a_setting_may_be_refused_by_the_rules_themselves() {
    troubled("sound");
    let rules = engine().admit(guests::troubled()).unwrap();
    let error = rules.configure(&[("mode".to_owned(), "odd".to_owned())]).unwrap_err();
    assert_eq!(error, ConfigureError::Setting { key: "mode".to_owned(), why: "odd is no mode".to_owned() });
}

#[test]
fn there_is_neither_clock_nor_chance_and_a_given_moment_is_in_utc() {
    for (mode, what) in
        [("clock", "clock"), ("clock-of-a-date", "clock"), ("clock-of-a-prototype", "clock"), ("chance", "chance")]
    {
        let fault = fault(mode);
        assert!(fault.starts_with("E_FACTS") && fault.contains(&format!("Error: rules have no {what}")), "{mode}: {fault}");
    }
    assert_eq!(classify(&troubled("calendar"), vec![contact(1, HOUR)])[0].marks[0].amount, 2026);
}

#[test]
fn what_is_thrown_is_said_and_a_number_that_is_none_is_caught() {
    for (mode, says) in [
        ("nothing", "TypeError: cannot read property 'second' of undefined (at "),
        ("not-a-number", "RangeError: orders is NaN, not a whole number (at "),
        ("fraction", "RangeError: orders is 0.5, not a whole number (at "),
        ("unreadable", "E_FACTS: the plugin could not read the facts: the facts make no sense"),
    ] {
        let fault = fault(mode);
        assert!(fault.starts_with("E_FACTS") && fault.contains(says), "{mode}: {fault}");
    }
}

#[test]
fn what_never_ends_is_cut_off() {
    assert!(fault("loop").starts_with("E_FUEL"));
    let hoard = fault("hoard");
    assert!(hoard.starts_with("E_MEMORY"), "{hoard}");
    let deep = fault("recurse");
    assert!(deep.contains("RangeError: Maximum call stack size exceeded") || deep.starts_with("E_STACK"), "{deep}");
}

#[test]
fn the_same_question_has_the_same_answer_in_every_instance() {
    let judge = zappos().configure(&[]).unwrap();
    let ask = || classify(&judge, (0..100).map(|i| pleasant(i, i as Instant * HOUR)).collect());
    assert_eq!(ask(), ask());
}

#[test]
fn a_listing_keeps_its_key_on_the_way_through_javascript() {
    let key = u64::MAX - 1;
    let listing = ListingSnapshot { listing: key, readings: vec![reading(0.5, Status::Breached)] };
    let other = ListingSnapshot { listing: key - 1, readings: vec![reading(0.0, Status::Good)] };
    let asked = snapshot(vec![reading(0.0, Status::Good)], vec![other, listing]);
    let verdict = troubled("sound").evaluate(&[asked]).unwrap().remove(0);
    let proposed: Vec<_> = verdict.proposals.iter().map(|p| (p.action, p.reasons[0].listing)).collect();
    assert_eq!(proposed, [(Action::PullListing(key), Some(key))]);
}

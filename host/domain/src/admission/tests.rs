//! One manifest that passes, and one change for each rule that does not.

use super::*;
use crate::manifest::{Counter, Level, Period, Quota, Setting, SettingKind, StandingKind, Term};

fn sound() -> Manifest {
    let counter = |code: &str, kind, by_buyer| Counter { code: code.into(), kind, by_listing: false, by_buyer, quota: None };
    let codes = ["orders", "defective", "odr", "good", "late", "strict"];
    Manifest {
        marketplace: "amazon".into(),
        name: "amazon".into(),
        version: "1.0.0-rc.1".into(),
        counters: vec![counter("orders", CounterKind::Volume, false), counter("defective", CounterKind::Defect, true)],
        quotas: vec![],
        metrics: vec![Metric {
            code: "odr".into(),
            formula: Formula::Ratio { numerator: 1, denominator: 0 },
            window: Window::Rolling { days: 60, lag_days: 15 },
            limit: Some(Limit { compare: Compare::Less, target: 0.01, warn: 0.008 }),
            evidence: Some(1),
            min_denominator: 20,
            min_numerator: 5,
            min_buyers: 5,
            cadence: None,
        }],
        standings: vec![StandingKind { code: "good".into(), level: Level::Good }],
        exclusions: vec![],
        causes: vec!["late".into()],
        reasons: vec!["late".into()],
        return_reasons: vec![],
        contact_reasons: vec![],
        policies: vec![],
        badges: vec![],
        settings: vec![Setting {
            key: "strict".into(),
            kind: SettingKind::Integer,
            default: "3".into(),
            minimum: Some(1.0),
            maximum: Some(9.0),
        }],
        cadence: Cadence::Continuous,
        wording: ["en", "zh-CN"].iter().flat_map(|l| codes.map(|c| ((*l).to_owned(), c.to_owned(), format!("{c} 文")))).collect(),
    }
}

fn fields(manifest: &Manifest) -> Vec<String> {
    check(manifest).err().unwrap_or_default().into_iter().map(|p| p.field).collect()
}

fn points(start: i32, terms: Vec<Term>) -> Formula {
    Formula::Points { start, terms, low: 0, high: 1000 }
}

#[test]
fn a_sound_manifest_passes() {
    assert_eq!(check(&sound()), Ok(()));
}

type Change = (&'static str, fn(&mut Manifest));

#[test]
fn each_rule_names_its_field() {
    let changes: &[Change] = &[
        ("marketplace", |m| m.marketplace = "../x".into()),
        ("name", |m| m.name = "Admin\0".into()),
        ("version", |m| m.version = "1.0".into()),
        ("version", |m| m.version = "1".repeat(100_000)),
        ("cadence.monthly", |m| m.cadence = Cadence::Monthly(29)),
        ("cadence.monthly", |m| m.cadence = Cadence::Monthly(0)),
        ("cadence.weekly", |m| m.cadence = Cadence::Weekly(7)),
        ("counters[0].by-buyer", |m| m.counters[0].by_buyer = true),
        ("counters[0].quota", |m| m.counters[0].quota = Some(0)),
        ("quotas[0].exclusion", |m| m.quotas = vec![Quota { most: 3, per: Period::Month, exclusion: 0 }]),
        ("quotas[0].most", |m| m.quotas = vec![Quota { most: 0, per: Period::Month, exclusion: 0 }]),
        ("quotas[0].most", |m| m.quotas = vec![Quota { most: 101, per: Period::TenDays, exclusion: 0 }]),
        ("quotas", |m| m.quotas = vec![Quota { most: 3, per: Period::Month, exclusion: 0 }; 9]),
        ("metrics[0].formula.ratio.numerator", |m| m.metrics[0].formula = Formula::Ratio { numerator: 2, denominator: 0 }),
        ("metrics[0].formula.ratio.denominator", |m| m.metrics[0].formula = Formula::Ratio { numerator: 1, denominator: 9 }),
        ("metrics[0].formula.mean.sum", |m| m.metrics[0].formula = Formula::Mean { sum: 2, number: 0, best: 5 }),
        ("metrics[0].formula.mean.number", |m| m.metrics[0].formula = Formula::Mean { sum: 1, number: 2, best: 5 }),
        ("metrics[0].formula.sum", |m| m.metrics[0].formula = Formula::Sum(2)),
        ("metrics[0].formula.points", |m| m.metrics[0].formula = points(-1, vec![Term { counter: 0, points: 1, per: 1 }])),
        ("metrics[0].formula.points.terms", |m| m.metrics[0].formula = points(0, vec![])),
        ("metrics[0].formula.points.terms[0].per", |m| {
            m.metrics[0].formula = points(0, vec![Term { counter: 0, points: 1, per: 0 }]);
        }),
        ("metrics[0].formula.points.terms[0].counter", |m| {
            m.metrics[0].formula = points(0, vec![Term { counter: 7, points: 1, per: 1 }]);
        }),
        ("metrics[0].window.rolling.days", |m| m.metrics[0].window = Window::Rolling { days: 0, lag_days: 0 }),
        ("metrics[0].window.rolling.days", |m| m.metrics[0].window = Window::Rolling { days: 401, lag_days: 0 }),
        ("metrics[0].window.rolling.lag-days", |m| m.metrics[0].window = Window::Rolling { days: 1, lag_days: 91 }),
        ("metrics[0].window.months.count", |m| m.metrics[0].window = Window::Months { count: 25, first_day: 1 }),
        ("metrics[0].window.months.first-day", |m| m.metrics[0].window = Window::Months { count: 1, first_day: 29 }),
        ("metrics[0].window.months.first-day", |m| m.metrics[0].window = Window::Months { count: 1, first_day: 0 }),
        ("metrics[0].window.year-to-date", |m| m.metrics[0].window = Window::YearToDate { kept_from: Some(48) }),
        ("metrics[0].cadence.monthly", |m| m.metrics[0].cadence = Some(Cadence::Monthly(29))),
        ("metrics[0].cadence.weekly", |m| m.metrics[0].cadence = Some(Cadence::Weekly(7))),
        ("metrics[0].limit", |m| m.metrics[0].limit = Some(Limit { compare: Compare::Less, target: f64::NAN, warn: 0.0 })),
        ("metrics[0].limit", |m| {
            m.metrics[0].limit = Some(Limit { compare: Compare::Less, target: 1.0, warn: f64::NEG_INFINITY });
        }),
        ("metrics[0].limit.warn", |m| m.metrics[0].limit = Some(Limit { compare: Compare::AtMost, target: 0.01, warn: 0.02 })),
        ("metrics[0].limit.warn", |m| m.metrics[0].limit = Some(Limit { compare: Compare::AtLeast, target: 0.95, warn: 0.9 })),
        ("metrics[0].evidence", |m| m.metrics[0].evidence = Some(2)),
        ("metrics[0].min-denominator", |m| m.metrics[0].min_denominator = 1_000_001),
        ("metrics[0].min-buyers", |m| m.counters[1].by_buyer = false),
        ("metrics[0].min-numerator", |m| {
            m.metrics[0].formula = points(0, vec![Term { counter: 0, points: 1, per: 1 }]);
            m.metrics[0].evidence = None;
            m.metrics[0].min_buyers = 0;
        }),
        ("settings[0].default", |m| m.settings[0].default = "10".into()),
        ("settings[0].default", |m| m.settings[0].default = "three".into()),
        ("settings[0].minimum", |m| m.settings[0].maximum = Some(0.0)),
        ("settings[0].maximum", |m| m.settings[0].maximum = Some(f64::INFINITY)),
        ("settings[0].minimum", |m| m.settings[0].kind = SettingKind::Text),
        ("counters[1]", |m| m.counters[1].code = "orders".into()),
        ("causes[1]", |m| m.causes.push("late".into())),
        ("reasons[0]", |m| m.reasons[0] = "Late!".into()),
        ("reasons[0]", |m| m.reasons[0] = "a".repeat(100_000)),
        ("standings", |m| m.standings.clear()),
        ("exclusions", |m| m.exclusions = (0..65).map(|i| format!("e{i}")).collect()),
        ("wording.en", |m| m.wording.retain(|(l, c, _)| (l.as_str(), c.as_str()) != ("en", "odr"))),
        ("wording.zh-CN", |m| m.wording.retain(|(l, c, _)| (l.as_str(), c.as_str()) != ("zh-CN", "strict"))),
        ("wording[0]", |m| m.wording[0].0 = "english, really".into()),
        ("wording[0]", |m| m.wording[0].1 = "ordres".into()),
        ("wording[0]", |m| m.wording[0].2 = "abc\u{202e}def".into()),
        ("wording[0]", |m| m.wording[0].2 = "x".repeat(513)),
        ("wording[12]", |m| m.wording.push(m.wording[0].clone())),
        ("wording", |m| m.wording = vec![m.wording[0].clone(); 8193]),
    ];
    for (field, change) in changes {
        let mut manifest = sound();
        change(&mut manifest);
        assert!(fields(&manifest).contains(&(*field).to_owned()), "{field}: {:?}", check(&manifest));
    }
}

#[test]
fn english_is_not_optional() {
    let mut manifest = sound();
    manifest.wording.retain(|(locale, _, _)| locale != "en");
    assert_eq!(fields(&manifest), ["wording.en"; 6]);
}

#[test]
fn all_problems_are_told_at_once_but_not_without_end() {
    let mut manifest = sound();
    manifest.version = "x".into();
    manifest.metrics[0].evidence = Some(0);
    assert_eq!(fields(&manifest), ["version", "metrics[0].evidence", "metrics[0].min-buyers"]);
    manifest.causes = vec!["late".into(); 100_000];
    assert_eq!(fields(&manifest).len(), MAX_PROBLEMS);
}

#[test]
fn settings_have_one_canonical_form() {
    let setting = |kind| Setting { key: "k".into(), kind, default: String::new(), minimum: None, maximum: None };
    for (kind, value, expected) in [
        (SettingKind::Integer, "+007", Ok("7")),
        (SettingKind::Integer, "9223372036854775808", Err(())),
        (SettingKind::Number, "0.50", Ok("0.5")),
        (SettingKind::Number, "-0.0", Ok("0")),
        (SettingKind::Number, "NaN", Err(())),
        (SettingKind::Number, "1e999", Err(())),
        (SettingKind::Flag, "true", Ok("true")),
        (SettingKind::Flag, "yes", Err(())),
        (SettingKind::Text, "", Ok("")),
        (SettingKind::Text, "a\0b", Err(())),
    ] {
        let checked = check_setting(&setting(kind), value);
        assert_eq!(checked.as_deref().map_err(|_| ()), expected, "{value}");
    }
}

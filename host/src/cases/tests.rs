//! Reading, comparing and writing cases; what rules answer to them is tested with real rules in the integration tests.

use super::answer::Answer;
use super::fold::happened;
use super::{CaseFile, MAX_SUBJECTS};

fn file(rest: &str) -> String {
    format!(r#"{{"now": "2026-03-05T00:00:00Z"{rest}}}"#)
}

fn refusal(rest: &str) -> String {
    let text = file(rest);
    match CaseFile::read(&text).and_then(|f| happened(&f.cases[0], "m")) {
        Ok(happened) => format!("{} subjects", happened.subjects.len()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_wrong_is_named_with_its_path() {
    for (rest, expected) in [
        (r#", "nwo": 1"#, "nwo: unknown field `nwo`"),
        (
            r#", "facts": {"orders": [{"ref": "a"}, {"ref": "b", "units": -1}]}"#,
            "facts.orders[1].units: invalid value: integer `-1`",
        ),
        (
            r#", "facts": {"orders": [{"ref": "a", "placed_at": "2026-03-01"}]}"#,
            "facts.orders[0].placed_at: \"2026-03-01\" is no RFC",
        ),
        (
            r#", "facts": {"orders": [{"ref": "a", "fulfilment": "us"}]}"#,
            "facts.orders[0].fulfilment: invalid value: string \"us\", expected one of merchant, platform",
        ),
        (r#", "facts": {"orders": [{}]}"#, "facts.orders[0]: its reference must not be empty"),
        (r#", "facts": {"orders": [{"ref": "a"}, {"ref": "a"}]}"#, "facts.orders[1]: \"a\" stands there twice"),
        (r#", "facts": {"orders": [{"ref": "a", "repeat": 2}]}"#, "facts.orders[0].ref: \"a\" holds no {n}"),
        (r#", "facts": {"orders": [{"ref": "a{n}", "repeat": 10001}]}"#, "facts.orders[0].repeat: is 10001, above 10000"),
        (
            r#", "facts": {"orders": [{"ref": "a", "amount": {"minor": 1, "currency": "EUR"}}]}"#,
            "facts.orders[0].amount.currency: \"EUR\" is not",
        ),
        (
            r#", "facts": {"orders": [{"ref": "a", "contacts": [{"contact": "k{n}", "repeat": 2}]}]}"#,
            "facts.orders[0].contacts[0].repeat: an order's",
        ),
        (r#", "facts": {}, "events": []"#, "events: stand beside facts"),
        (
            r#", "events": [{"type": "andon.order.lost", "time": "2026-03-01T00:00:00Z", "subject": "o"}]"#,
            "events[0]: type: \"andon.order.lost\"",
        ),
        (
            r#", "events": [{"type": "andon.order.delivered", "time": "2026-03-06T00:00:00Z", "subject": "o"}]"#,
            "events[0]: time: ",
        ),
        ("} {", "case: trailing characters"),
    ] {
        let refusal = refusal(rest);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    assert_eq!(CaseFile::read("[{}]").unwrap_err().field, "[0]");
    let full = format!(
        r#", "facts": {{"orders": [{{"ref": "a{{n}}", "repeat": {MAX_SUBJECTS}}}], "violations": [{{"violation": "v"}}]}}"#
    );
    assert_eq!(refusal(&full), "facts.violations[0]: is one of more than 10000 subjects");
}

#[test]
fn facts_stand_for_what_they_repeat_and_an_orders_contacts_for_themselves() {
    let orders = r#"{"ref": "a{n}", "repeat": 3, "buyer": "b", "contacts": [{"contact": "k{n}"}]}"#;
    let rest =
        format!(r#", "facts": {{"orders": [{orders}], "contacts": [{{"contact": "z"}}], "violations": [{{"violation": "v"}}]}}"#);
    let file = CaseFile::read(&file(&rest)).unwrap();
    let happened = happened(&file.cases[0], "m").unwrap();
    let names: Vec<_> = happened.subjects.iter().map(|s| format!("{} {}", s.name(), s.written)).collect();
    assert_eq!(names, ["a1 a{n}", "a2 a{n}", "a3 a{n}", "k1 k{n}", "k2 k{n}", "k3 k{n}", "z z", "v v"]);
}

#[test]
fn events_fold_as_they_do_in_the_host() {
    let placed = r#""merchant": "M", "buyer": "b", "listing": "l", "units": 1, "amount": {"minor": 5, "currency": "USD"}"#;
    let event = |kind: &str, subject: &str, data: &str| {
        format!(r#"{{"type": "andon.{kind}", "time": "2026-03-01T00:00:00Z", "subject": "{subject}", "data": {{{data}}}}}"#)
    };
    let contact = r#""order": "o", "channel": "email", "reason": "why", "answer_owed": true"#;
    let all = [
        event("merchant.registered", "M", r#""name": "Em", "joined_at": "2020-01-01T00:00:00Z""#),
        event("contact.opened", "k", contact),
        event("order.placed", "o", placed),
        event("order.delivered", "waits", ""),
    ];
    let file = CaseFile::read(&file(&format!(r#", "events": [{}]"#, all.join(",")))).unwrap();
    let happened = happened(&file.cases[0], "m").unwrap();
    assert_eq!(happened.registered, Some(1_577_836_800_000));
    let names: Vec<_> = happened.subjects.iter().map(super::fold::Subject::name).collect();
    assert_eq!(names, ["o", "k"]);
    let andon_domain::fact::Fact::Order(order) = &happened.subjects[0].fact else { panic!("an order comes first") };
    assert_eq!(order.contacts.len(), 1);
    let other = event("order.placed", "p", &placed.replace("\"M\"", "\"N\""));
    assert!(refusal(&format!(r#", "events": [{}, {other}]"#, all[2])).starts_with("events: are about several merchants (M, N)"));
}

/// An answer, read as a case's expectation.
fn answer(sections: &str) -> Answer {
    CaseFile::read(&file(&format!(", {sections}"))).unwrap().cases[0].expected()
}

const MARKS: &str = r#""marks": {"orders": {"a": [
    {"counter": "late", "at": "2026-03-01T00:00:00Z", "cause": "slow"}, {"counter": "all", "at": "2026-03-01T00:00:00Z"}]}}"#;

#[test]
fn only_what_is_expected_is_compared_and_all_of_it() {
    let came = answer(&format!(
        r#"{MARKS}, "revisits": {{"orders": {{"a": "2026-03-09T00:00:00Z"}}}},
           "readings": {{"rate": {{"value": 0.3333333333333333, "numerator": 1, "denominator": 3, "status": "good"}}}},
           "verdict": {{"standing": "good", "score": 1000}}"#
    ));
    let sections = |expected: &str| came.differs_from(&answer(expected)).iter().map(|d| d.section).collect::<Vec<_>>();
    assert_eq!(sections(r#""verdict": {"standing": "good", "score": 1000}"#), [""; 0]);
    assert_eq!(
        sections(r#""readings": {"rate": {"value": 0.333333, "numerator": 1, "denominator": 3, "status": "good"}}"#),
        [""; 0]
    );
    assert_eq!(sections(MARKS), ["revisits"]);
    assert_eq!(
        sections(r#""marks": {}, "readings": {}, "verdict": {"standing": "bad", "score": 0}"#),
        ["marks", "revisits", "readings", "verdict"]
    );
    assert_eq!(sections(r#""error": "setting x is above 3""#), ["error"]);
    let broken = Answer { error: Some("E_TRAP".into()), ..Answer::default() };
    assert_eq!(broken.differs_from(&answer(MARKS)), [super::Difference { section: "error", lines: "+ \"E_TRAP\"".into() }]);
}

#[test]
fn a_difference_shows_the_lines_that_differ() {
    let expected = MARKS.replace("slow", "lost");
    let lines = &answer(MARKS).differs_from(&answer(&expected))[0].lines;
    let mark =
        |sign: char, cause: &str| format!(r#"{sign} {{"counter": "late", "at": "2026-03-01T00:00:00Z", "cause": "{cause}"}}"#);
    let bare: Vec<String> = lines.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(bare.contains(&mark('-', "lost")) && bare.contains(&mark('+', "slow")), "{lines}");
}

#[test]
fn accepting_replaces_what_is_expected_and_keeps_the_rest() {
    let given = r#"{"name": "first", "now": "2026-03-05T00:00:00Z", "facts": {"orders": [{"ref": "z", "repeat": null}]}, "verdict": {"standing": "bad", "score": 1}}"#;
    let mut file = CaseFile::read(&format!("[{given}]")).unwrap();
    let came = answer(&format!(r#"{MARKS}, "readings": {{}}, "verdict": {{"standing": "good", "score": 2}}"#));
    file.accept(0, &came);
    let text = file.text();
    assert_eq!(
        text,
        r#"[
  {
    "name": "first",
    "now": "2026-03-05T00:00:00Z",
    "facts": {"orders": [{"ref": "z", "repeat": null}]},
    "marks": {
      "orders": {
        "a": [
          {"counter": "all", "at": "2026-03-01T00:00:00Z"},
          {"counter": "late", "at": "2026-03-01T00:00:00Z", "cause": "slow"}
        ]
      }
    },
    "readings": {},
    "verdict": {"standing": "good", "score": 2}
  }
]
"#
    );
    let again = CaseFile::read(&text).unwrap();
    assert_eq!(again.text(), text);
    assert_eq!(came.differs_from(&again.cases[0].expected()), []);
}

//! Cases against amazon's rules: what passes, what differs and how that is shown, what is accepted, what cannot be run.

use super::{bench, plugin};

/// An order cancelled by its merchant: one mark of five is left out where `marks` says so.
const CANCELLED: &str = r#"{
  "name": "the merchant cancels",
  "now": "2026-03-05T00:00:00Z",
  "facts": {"orders": [{
    "ref": "o", "placed_at": "2026-03-01T10:00:00Z",
    "cancelled": {"at": "2026-03-02T00:00:00Z", "by": "merchant", "reason": "out-of-stock"}
  }]},
  "marks": {"orders": {"o": [
    {"counter": "orders-self-fulfilled", "at": "2026-03-01T10:00:00Z"},
    {"counter": "orders", "at": "2026-03-01T10:00:00Z"}
  ]}}
}"#;

const GOOD: &str = r#"{"now": "2026-03-05T00:00:00Z", "verdict": {"standing": "healthy", "score": 200}}"#;

#[test]
fn what_differs_is_shown_and_what_is_accepted_passes() {
    let place = bench(&[("cancelled.json", CANCELLED), ("good.json", GOOD)]);
    let test = |arguments: &[&str]| plugin(place.path(), &[&["test", "rules.wasm"], arguments].concat());
    let ran = test(&[]);
    assert_eq!(ran.failed(), "error: 1 of 2 cases failed");
    assert!(
        ran.out.contains("FAILED  cancelled.json: the merchant cancels\n        marks (- expected, + came)\n"),
        "{}",
        ran.out
    );
    let came = r#"+       {"counter": "orders-cancelled", "at": "2026-03-01T10:00:00Z", "cause": "cancelled-by-merchant"},"#;
    assert!(ran.out.contains(came), "{}", ran.out);
    assert!(ran.out.contains("ok      good.json\n") && ran.out.ends_with("1 passed, 1 failed\n"), "{}", ran.out);

    assert!(test(&["--filter", "good"]).ok().ends_with("\n1 passed, 0 failed\n"));
    assert!(test(&["--filter", "none"]).failed().starts_with("error: no case to run in "));

    assert!(test(&["--update"]).ok().ends_with("1 passed, 1 updated, 0 failed\n"));
    assert!(test(&[]).ok().ends_with("2 passed, 0 failed\n"));
    let written = std::fs::read_to_string(place.path().join("cases/cancelled.json")).unwrap();
    assert!(written.contains("orders-cancelled") && written.contains(r#""name": "the merchant cancels""#), "{written}");
    assert!(test(&["--update"]).ok().ends_with("2 passed, 0 failed\n"));
    assert_eq!(std::fs::read_to_string(place.path().join("cases/cancelled.json")).unwrap(), written);
}

#[test]
fn a_machine_reads_the_same() {
    let place = bench(&[
        ("cancelled.json", CANCELLED),
        ("broken.json", r#"{"now": "2026-03-05T00:00:00Z", "nwo": 1}"#),
        ("good.json", GOOD),
    ]);
    let ran = plugin(place.path(), &["test", "rules.wasm", "--json"]);
    let report = ran.json();
    let outcomes: Vec<_> = report["cases"].as_array().unwrap().iter().map(|c| c["outcome"].as_str().unwrap()).collect();
    assert_eq!((outcomes, ran.failed()), (vec!["broken", "failed", "passed"], "error: 2 of 3 cases failed"));
    assert!(report["cases"][0]["problem"].as_str().unwrap().starts_with("nwo: unknown field"), "{report}");
    assert_eq!(report["cases"][1]["differences"][0]["section"], "marks");
}

#[test]
fn settings_overrides_peers_and_floors_reach_the_rules() {
    let late = |overrides: &str, rest: &str| {
        format!(
            r#"{{"now": "2026-03-05T00:00:00Z", "overrides": {overrides}, "facts": {{"orders": [
                {{"repeat": 30, "ref": "o-{{n}}", "placed_at": "2026-02-10T00:00:00Z", "ship_by": "2026-02-20T00:00:00Z", "shipped_at": "2026-02-21T00:00:00Z"}}
            ]}} {rest}}}"#
        )
    };
    let reading = |rest: &str| {
        format!(
            r#", "readings": {{
                "late-shipment-rate-30": {{"value": 1, "numerator": 30, "denominator": 30, {rest}}},
                "odr": {{"value": 0, "numerator": 0, "denominator": 30, "status": "good"}}
            }}"#
        )
    };
    let place = bench(&[
        ("late.json", &late("{}", &reading(r#""status": "breached", "breached_in_a_row": 13"#))),
        ("floor.json", &late(r#"{"late-shipment-rate-30": {"min_denominator": 31}}"#, &reading(r#""status": "insufficient""#))),
        (
            "refused.json",
            r#"{"now": "2026-03-05T00:00:00Z", "settings": {"preview-days": 99}, "error": "setting preview-days is above 31"}"#,
        ),
        (
            "accepted.json",
            r#"{"now": "2026-03-05T00:00:00Z", "settings": {"preview-days": 31}, "peers": {"odr": 0.5}, "merchant": {"standing": "at-risk"}}"#,
        ),
        ("unknown.json", r#"{"now": "2026-03-05T00:00:00Z", "peers": {"order-defect-rate": 0.5}}"#),
    ]);
    let report = plugin(place.path(), &["test", "rules.wasm", "--json"]).json();
    let of = |file: &str| report["cases"].as_array().unwrap().iter().find(|case| case["file"] == file).unwrap().clone();
    for file in ["late.json", "floor.json", "refused.json", "accepted.json"] {
        assert_eq!(of(file)["outcome"], "passed", "{:#}", of(file));
    }
    assert!(of("unknown.json")["problem"].as_str().unwrap().starts_with(r#"peers: "order-defect-rate" is not declared"#));
}

#[test]
fn a_fault_of_the_rules_is_an_answer_too() {
    let place = bench(&[(
        "trap.json",
        r#"{"now": "2026-03-05T00:00:00Z", "settings": {"mode": "trap"}, "facts": {"orders": [{"ref": "o"}]}}"#,
    )]);
    std::fs::write(place.path().join("rules.wasm"), andon_tests::guests::hostile()).unwrap();
    let ran = plugin(place.path(), &["test", "rules.wasm"]);
    assert!(
        !ran.succeeded && ran.out.contains("error (- expected, + came)\n          + \"E_TRAP: the plugin broke down"),
        "{}",
        ran.out
    );
}

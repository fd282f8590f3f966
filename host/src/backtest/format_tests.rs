//! One small report in every form.

use std::collections::BTreeMap;

use super::super::report::*;
use super::*;

fn figures(numerator: i64, status: &str) -> Figures {
    let (denominator, value, target) = (30, numerator as f64 / 30.0, Some(0.01));
    let (from, to) = ("2024-03-01".into(), "2024-04-29".into());
    Figures { numerator, denominator, value, target, status: status.into(), from, to }
}

fn report(merchant: &str) -> Report {
    let rules = |version: &str| RulesUsed {
        name: "amazon".into(),
        version: version.into(),
        digest: "sha256:00".into(),
        settings: BTreeMap::new(),
        longest_window_days: Some(90),
    };
    let stand = |standing: &str, level: &str| Stand { standing: standing.into(), level: level.into(), score: 500 };
    let counted = |reference: &str| Counted {
        kind: "order".into(),
        reference: reference.into(),
        day: "2024-04-02".into(),
        in_force: vec![],
        candidate: vec!["defective".into()],
    };
    Report {
        marketplace: "olist".into(),
        currency: "BRL".into(),
        time_zone: "America/Sao_Paulo".into(),
        period: Period { from: "2024-05-01T03:00:00Z".into(), to: "2024-05-02T03:00:00Z".into(), every: "1d".into(), moments: 2 },
        in_force: rules("0.1.0"),
        candidate: rules("0.2.0"),
        coverage: Coverage {
            merchants: 3,
            with_facts: 2,
            left_out: vec![],
            orders: 60,
            amount_minor: 119_940,
            contacts: 0,
            violations: 0,
            compared: 3,
            insufficient_in_force: 1,
            insufficient_candidate: 1,
            first_fact: Some("2024-04-01T00:00:00Z".into()),
            days_before: 30,
            windows_filled: Some(false),
            faults: vec![Faults {
                rules: "candidate".into(),
                code: "E_TRAP".into(),
                message: "it broke".into(),
                verdicts: 1,
                merchants: 1,
            }],
            limits: vec!["No rates of error.".into()],
            classified: 120,
            evaluated: 6,
        },
        transitions: vec![Transition {
            from: "healthy".into(),
            from_level: "good".into(),
            to: "restricted".into(),
            to_level: "restricted".into(),
            count: 1,
        }],
        transitions_all: vec![],
        reach: vec![Reach {
            level: "restricted".into(),
            in_force: 0,
            candidate: 1,
            newly: 1,
            no_longer: 0,
            newly_orders: 30,
            newly_orders_share: Some(0.5),
            newly_amount_minor: 59_970,
            newly_amount_share: None,
        }],
        actions: vec![ActionChange { action: "suspend".into(), newly: 1, vanished: 0 }],
        timeline: vec![],
        changed: 1,
        merchants: vec![Changed {
            merchant: merchant.into(),
            at: "2024-05-02T03:00:00Z".into(),
            first: "2024-05-01T03:00:00Z".into(),
            moments: 2,
            orders: 30,
            amount_minor: 59_970,
            direction: "worse".into(),
            in_force: stand("healthy", "good"),
            candidate: stand("restricted", "restricted"),
            new_proposals: vec!["suspend".into()],
            vanished_proposals: vec![],
            readings: vec![Deciding {
                metric: "odr".into(),
                in_force: Some(figures(0, "good")),
                candidate: Some(figures(3, "breached")),
            }],
            evidence: vec![counted("o1")],
            evidence_total: 3,
        }],
    }
}

#[test]
fn json_reads_back_as_it_was() {
    let report = report("shop");
    assert_eq!(serde_json::from_str::<Report>(&Format::Json.write(&report)).unwrap(), report);
}

#[test]
fn coverage_comes_before_anything_that_rests_on_it() {
    let report = report("shop");
    for (format, first, then) in [
        (Format::Text, "TOO FEW", "healthy  ->  restricted  1"),
        (Format::Html, "TOO FEW", "<td>healthy (good)</td><td>restricted (restricted)</td><td class=\"n\">1</td>"),
        (Format::Csv, "TOO FEW", "transition,,healthy,restricted,1,,,"),
        (Format::Json, "\"windows_filled\": false", "\"transitions\""),
    ] {
        let text = format.write(&report);
        let (first, then) = (text.find(first).unwrap(), text.find(then).unwrap_or_else(|| panic!("{text}")));
        assert!(first < then, "{text}");
        for wanted in ["E_TRAP", "it broke", "No rates of error.", "shop", "odr", "o1", "suspend"] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        for invented in ["false positive", "precision", "recall", "accuracy"] {
            assert!(!text.to_lowercase().contains(invented), "{invented}");
        }
    }
}

#[test]
fn a_page_is_words_and_nothing_else() {
    let page = Format::Html.write(&report("<script>alert('x')</script>\"&"));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
    for active in ["<script", "src=", "href=", "style=\"", "onload", "http"] {
        assert!(!page.contains(active), "{active}");
    }
    assert!(crate::page::policy().starts_with("default-src 'none'; style-src 'sha256-"));
}

#[test]
fn a_spreadsheet_takes_no_reference_for_a_formula() {
    let table = Format::Csv.write(&report("=HYPERLINK(\"x\")"));
    assert!(table.contains("merchant,\"'=HYPERLINK(\"\"x\"\")\",healthy,restricted,2,30,59970,"), "{table}");
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    assert!(reader.records().all(|row| row.unwrap().len() == 8));
}

#[test]
fn masks_reach_every_reference() {
    let masked = report("shop").masked(|kind, reference| format!("{kind}-{}", reference.len()));
    assert_eq!((&*masked.merchants[0].merchant, &*masked.merchants[0].evidence[0].reference), ("merchant-4", "order-2"));
}

#[test]
fn amounts_have_the_places_of_their_currency() {
    let shown = [(1_999, "BRL"), (-5, "EUR"), (1_999, "JPY"), (1_999, "KWD")].map(|(minor, currency)| amount(minor, currency));
    assert_eq!(shown, ["19.99 BRL", "-0.05 EUR", "1999 JPY", "1.999 KWD"]);
}

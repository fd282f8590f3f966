//! P35 to P42: whatever is handed over is read within bounds, checked by field and value, and shown to nobody unchecked.

use andon_domain::reading::Status;
use andon_domain::verdict::Action;
use andon_tests::questions::{NOW, orders, reading, snapshot};
use serde_json::{Value, json};

use super::{admitted, classify, engine, evaluate, fault, guest, judge, mode, refusal, refused};

/// Marks of one order, as they are answered.
fn marks(marks: Value) -> Value {
    json!({"ok": [{"marks": marks}]})
}

#[test]
fn p35_lists_and_texts_beyond_memory() {
    for (ptr, len) in [(0u64, 1u64 << 31), (0, u64::from(u32::MAX)), (262_144, 1), (262_140, 1), (4_294_967_288, 8), (8, 32_768)]
    {
        for answer in [json!({"ok": {"ptr": ptr, "len": len}}), json!({"err": {"facts": {"ptr": ptr, "len": 1u64 << 31}}})] {
            let raw = judge(&guest().answering("classify", answer.clone()));
            fault(classify(&raw), "E_OUTPUT", "");
            fault(evaluate(&judge(&guest().answering("evaluate", answer))), "E_OUTPUT", "");
        }
        let nested = judge(&guest().answering("classify", marks(json!({"ptr": ptr, "len": len}))));
        fault(classify(&nested), "E_OUTPUT", "");
        let name = guest().declaring(|manifest| manifest["name"] = json!({"ptr": ptr, "len": 1u64 << 31}));
        refused(&name.component(), "E_OUTPUT", "describe");
    }
    fault(classify(&judge(&guest().answering("classify", json!({"ok": {"ptr": 1_025, "len": 1}})))), "E_OUTPUT", "not aligned");
    for at in ["262144", "262140", "-8", "-1"] {
        let nowhere = guest().doing("classify", &format!("(return (i32.const {at}))"));
        fault(classify(&judge(&nowhere)), "E_OUTPUT", "");
    }
}

#[test]
fn p36_too_much_of_them() {
    let big = || guest().pages(256);
    for answer in [
        json!({"err": {"facts": {"ptr": 0, "len": 16 << 20}}}),
        json!({"ok": {"ptr": 0, "len": 300_000}}),
        json!({"ok": [{"reasons": {"ptr": 0, "len": 300_000}}]}),
        json!({"ok": [{"proposals": [{"reasons": {"ptr": 0, "len": 300_000}}]}]}),
    ] {
        fault(evaluate(&judge(&big().answering("evaluate", answer))), "E_OUTPUT", "too much data");
    }
    // The same few bytes over and over cost the host as much as others would.
    let one = json!({"marks": {"ptr": 1_024, "len": 300}});
    let same = judge(&guest().answering("classify", json!({"ok": vec![one; 64]})));
    let facts = orders(64);
    fault(same.classify(NOW, &facts.iter().collect::<Vec<_>>()), "E_OUTPUT", "");
    fault(classify(&mode("huge-answer")), "E_OUTPUT", "too much data");
    refused(
        &big().declaring(|manifest| manifest["name"] = json!({"ptr": 0, "len": 16 << 20})).component(),
        "E_OUTPUT",
        "too much",
    );
    refused(
        &big().declaring(|manifest| manifest["badges"] = json!({"ptr": 0, "len": 2 << 20})).component(),
        "E_OUTPUT",
        "too much",
    );
    for (answer, why) in [
        (json!({"reasons": vec![json!({}); 33]}), "reasons has 33 entries, above 32"),
        (json!({"proposals": vec![json!({}); 33]}), "proposals has 33 entries, above 32"),
        (json!({"proposals": [{"reasons": vec![json!({}); 33]}]}), "proposals[0].reasons has 33 entries, above 32"),
    ] {
        let verdict = guest().declaring(with_a_reason).answering("evaluate", json!({"ok": [answer]}));
        fault(evaluate(&judge(&verdict)), "E_OUTPUT", why);
    }
    fault(classify(&mode("many-marks")), "E_OUTPUT", "classified[0].marks has 65 entries, above 64");
}

fn with_a_reason(manifest: &mut Value) {
    manifest["reasons"] = json!(["late"]);
    manifest["wording"].as_array_mut().unwrap().push(json!(["en", "late", "Late"]));
}

#[test]
fn p37_text_that_is_none_or_deceives() {
    for bytes in [&[0xff][..], &[0xed, 0xa0, 0x80], &[0xc0, 0x80], &[0xf5, 0x80, 0x80, 0x80], &[b'a', 0xe6, 0x96]] {
        refused(&guest().declaring(|manifest| manifest["name"] = json!(bytes)).component(), "E_OUTPUT", "utf-8");
        let words = guest().answering("classify", json!({"err": {"facts": bytes}}));
        fault(classify(&judge(&words)), "E_OUTPUT", "utf-8");
    }
    fault(classify(&mode("not-utf8")), "E_OUTPUT", "utf-8");
    let combining = format!("a{}", "\u{301}".repeat(300));
    for text in
        ["a\0b", "\u{feff}a", "a\u{202e}b", "a\u{2066}b", "a\u{200b}b", "a\u{1b}[31mb", "a\r\nb", "", " ", combining.as_str()]
    {
        let worded = guest().declaring(|manifest| manifest["wording"][0][2] = json!(text));
        refused(&worded.component(), "E_MANIFEST", "wording[0] its text");
    }
}

/// What rules say for themselves is cut short and stripped wherever it is shown.
#[test]
fn p37_p47_words_of_a_fault_are_bounded_and_plain() {
    let flood = "secret\r\n\u{1b}[31m\u{202e}\u{2028}\u{200b}\u{feff}<script>".repeat(4_000);
    let talkative = judge(&guest().answering("classify", json!({"err": {"facts": flood}})).pages(16));
    let told = classify(&talkative).unwrap_err();
    assert_eq!(told.code(), "E_FACTS");
    let told = told.to_string();
    assert!(told.len() < 600, "{} bytes", told.len());
    let deceives = |c: char| c.is_control() || matches!(c, '\u{200b}' | '\u{202e}' | '\u{2028}' | '\u{feff}');
    assert!(!told.contains(deceives), "{told:?}");
    let refusing = guest().answering("configure", json!({"err": {"setting": [flood, flood]}})).pages(16);
    let told = admitted(&refusing).configure(&[]).unwrap_err().to_string();
    assert!(told.len() < 1_200 && !told.contains(deceives), "{told:?}");
    let megabytes = guest().answering("classify", json!({"err": {"facts": {"ptr": 0, "len": 10 << 20}}})).pages(256);
    fault(classify(&judge(&megabytes)), "E_OUTPUT", "too much data");
}

#[test]
fn p38_numbers_that_are_none() {
    let bits = |number: f64| json!({"bits": number.to_bits()});
    let held_to = |target: Value, warn: Value| {
        guest()
            .declaring(|manifest| manifest["metrics"][0]["limit"] = json!({"compare": "less", "target": target, "warn": warn}))
            .component()
    };
    let signalling = json!({"bits": 0x7ff0_0000_0000_0001u64});
    for odd in [bits(f64::NAN), bits(f64::INFINITY), bits(f64::NEG_INFINITY), signalling] {
        refused(&held_to(odd.clone(), json!(0.0)), "E_MANIFEST", "metrics[0].limit");
        refused(&held_to(json!(1.0), odd.clone()), "E_MANIFEST", "metrics[0].limit");
        let bounded = |side: &str| {
            guest()
                .declaring(|manifest| manifest["settings"] = json!([{"key": "k", "kind": "number", "default": "1", side: odd}]))
        };
        refused(&bounded("minimum").component(), "E_MANIFEST", "settings[0].minimum");
        refused(&bounded("maximum").component(), "E_MANIFEST", "settings[0].maximum");
    }
    for sound in [json!(-0.0), bits(f64::MIN_POSITIVE / 4.0), json!(1e308)] {
        assert!(engine().admit(&held_to(sound.clone(), sound)).is_ok());
    }
    for (score, sound) in [(0u16, true), (1_000, true), (1_001, false), (u16::MAX, false)] {
        let answered = evaluate(&judge(&guest().answering("evaluate", json!({"ok": [{"score": score}]}))));
        assert_eq!(answered.map(|verdicts| verdicts[0].score).ok(), sound.then_some(score));
    }
    for (mark, why) in [
        (json!({"at": NOW, "amount": i64::MIN}), "marks[0].amount is -9223372036854775808, beyond 1000000000000000"),
        (json!({"at": NOW, "amount": 1_000_000_000_000_001i64}), "marks[0].amount is 1000000000000001"),
        (json!({"at": 0}), "marks[0].at is 0, outside the years 2000 to 2099"),
        (json!({"at": i64::MIN}), "marks[0].at is -9223372036854775808, outside"),
        (json!({"at": 4_102_444_800_000i64}), "marks[0].at is 4102444800000, outside"),
    ] {
        fault(classify(&judge(&guest().answering("classify", marks(json!([mark]))))), "E_OUTPUT", why);
    }
    for revisit in [NOW, NOW - 1, i64::MIN, i64::MAX, 4_102_444_800_000] {
        let again = json!({"ok": [{"revisit": revisit}]});
        fault(classify(&judge(&guest().answering("classify", again.clone()))), "E_OUTPUT", "revisit is ");
        fault(evaluate(&judge(&guest().answering("evaluate", again))), "E_OUTPUT", "revisit is ");
    }
}

#[test]
fn p39_cases_that_do_not_exist() {
    let unknown = json!({"tag": 99});
    for answer in [
        json!({"tag": 2}),
        json!({"tag": 255}),
        json!({"err": {"tag": 2}}),
        json!({"ok": [{"revisit": {"tag": 2}}]}),
        json!({"ok": [{"proposals": [{"action": unknown}]}]}),
        json!({"ok": [{"reasons": [{"metric": {"tag": 2}}]}]}),
    ] {
        fault(evaluate(&judge(&guest().answering("evaluate", answer))), "E_OUTPUT", "discriminant");
    }
    for field in
        ["/cadence", "/counters/0/kind", "/standings/0/level", "/metrics/0/window", "/metrics/0/formula", "/metrics/0/limit"]
    {
        let declared = guest().declaring(|manifest| {
            let (parent, member) = field.rsplit_once('/').unwrap();
            manifest.pointer_mut(parent).unwrap()[member] = unknown.clone();
        });
        refused(&declared.component(), "E_OUTPUT", "discriminant");
    }
    let flag = guest().declaring(|manifest| manifest["counters"][0]["by-listing"] = json!(2));
    assert!(admitted(&flag).manifest().counters[0].by_listing, "the ABI takes any number but zero for true");
}

#[test]
fn p40_too_few_too_many_or_of_somebody_else() {
    let three = orders(3);
    let three: Vec<_> = three.iter().collect();
    fault(mode("few-answers").classify(NOW, &three), "E_OUTPUT", "classified are 2, not 3");
    fault(mode("many-answers").classify(NOW, &three), "E_OUTPUT", "classified are 4, not 3");
    fault(evaluate(&mode("few-answers")), "E_OUTPUT", "verdicts are 0, not 1");
    let two = judge(&guest().answering("evaluate", json!({"ok": [{}, {}]})));
    fault(evaluate(&two), "E_OUTPUT", "verdicts are 2, not 1");
    // Nobody is ever named but by position, and of listings only those that were shown.
    for (mode_, why) in [
        ("bad-listing", "verdicts[0].reasons[0].listing names listing 404, which is not in the snapshot"),
        ("foreign-listing", "verdicts[0].proposals[0].action names listing 404, which is not in the snapshot"),
    ] {
        fault(evaluate(&mode(mode_)), "E_OUTPUT", why);
    }
    for (mode_, why) in [
        ("bad-counter", "classified[0].marks[0].counter is 2, of 2"),
        ("bad-cause", "classified[0].marks[0].cause is 1, of 1"),
        ("bad-exclusion", "classified[0].marks[0].excluded is 1, of 1"),
    ] {
        fault(classify(&mode(mode_)), "E_OUTPUT", why);
    }
    for (mode_, why) in [
        ("bad-standing", "verdicts[0].standing is 1, of 1"),
        ("bad-reason", "verdicts[0].reasons[0].code is 1, of 1"),
        ("bad-metric", "verdicts[0].reasons[0].metric is 2, of 2"),
        ("bad-badge", "verdicts[0].proposals[0].action is 1, of 1"),
    ] {
        fault(evaluate(&mode(mode_)), "E_OUTPUT", why);
    }
}

#[test]
fn p41_contradictory_or_not_allowed() {
    let propose = |action: Value, reasons: Value| {
        let verdict = json!({"score": 1000, "proposals": [{"action": action, "reasons": reasons}]});
        judge(&guest().declaring(with_a_reason).answering("evaluate", json!({"ok": [verdict]})))
    };
    fault(
        evaluate(&propose(json!("terminate"), json!([]))),
        "E_OUTPUT",
        "proposals[0].reasons is empty; what is done to a merchant",
    );
    let ban = propose(json!("terminate"), json!([{"metric": 0}]));
    let of = |status| ban.evaluate(&[snapshot(vec![reading(status)], None)]).unwrap().remove(0);
    assert_eq!(of(Status::Insufficient).proposals, [], "nothing is proposed on insufficient data");
    // A full score and a ban: it stays a proposal, for the operator's policy to decide on.
    let verdict = of(Status::Good);
    assert_eq!((verdict.score, verdict.proposals[0].action), (1_000, Action::Terminate));
    let pull = propose(json!({"pull-listing": 8}), json!([{}]));
    let shown = snapshot(vec![reading(Status::Good)], Some(vec![reading(Status::Breached)]));
    fault(pull.evaluate(&[shown]), "E_OUTPUT", "names listing 8, which is not in the snapshot");
}

#[test]
fn p42_text_that_others_might_run() {
    let texts = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "javascript:alert(1)",
        "{{7*7}}",
        "'; drop table merchants;--",
        "@SUM(1)",
    ];
    for text in texts {
        let rules = admitted(&guest().declaring(|manifest| manifest["wording"][0][2] = json!(text)));
        assert_eq!(rules.manifest().text("en", "ordered"), text, "kept as it is, for each place that shows it to escape");
    }
    let lines = guest().declaring(|manifest| manifest["wording"][0][2] = json!("a\nINFO all is well"));
    assert_eq!(refusal(&lines.component()).code(), "E_MANIFEST");
}

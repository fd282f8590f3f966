//! What a statement says and what it never says: every word escaped, nobody of the marketplace named, both languages complete.

use std::collections::BTreeMap;

use andon_domain::enforce::measure::{Measure, Origin};
use andon_domain::enforce::policy::{DAY, Policy};
use andon_domain::enforce::stage::Stage;
use serde_json::{Value as Json, json};

use super::*;
use crate::keys::Keys;
use crate::store::enforcements::{Record, Signed};
use crate::store::marketplaces::MarketRow;

const NOW: Instant = 1_717_156_800_000;
const EVIL: &str = "<script>alert('1')</script>\" onload=\"x&y";

fn market() -> Market {
    let row = MarketRow {
        id: 1,
        code: "m".into(),
        name: EVIL.into(),
        currency: "EUR".into(),
        time_zone: "UTC".into(),
        locale: "en".into(),
        clock: "system".into(),
        latest_event: 0,
        rules: None,
        settings: BTreeMap::new(),
        overrides: BTreeMap::new(),
        action_modes: BTreeMap::new(),
        policy: Policy::default(),
        notice_days: None,
        generation: None,
        created_at: 0,
        updated_at: 0,
    };
    Market::of_row(row, Keys::new([0; 16]))
}

fn stored(text: &str) -> Json {
    let texts = json!({ "en": text, "zh-CN": format!("中 {text}") });
    json!({
        "rules": { "name": text, "version": "1.0.0", "digest": "sha256:00" },
        "found": "automatically",
        "reasons": [{ "code": "odr-breached", "text": texts, "metric": {
            "code": "odr", "title": texts, "value": 0.041_176, "numerator": 7, "denominator": 170, "buyers": 7,
            "compare": "less", "target": 0.01, "status": "breached", "window": { "from": "2024-04-01", "to": "2024-05-30" },
        }}],
        "facts": [{ "order": text, "listing": text, "at": "2024-05-01T10:30:00Z", "counter": "odr.defective",
            "cause": { "code": "claim", "text": texts } }, { "contact": "k-1", "order": null, "counter": "slow", "cause": null }],
        "ground": "fraud",
        "contest": { "until": rfc3339(NOW - DAY + 184 * DAY), "how": texts },
    })
}

fn enforcement(statement: Json) -> Enforcement {
    Enforcement {
        id: Uuid::from_u128(7),
        market: 1,
        merchant: 2,
        measure: Measure::of(Kind::Suspend),
        origin: Origin::Rules,
        stage: Stage::InForce,
        held: None,
        days: Some(5),
        verdict: None,
        generation: None,
        author: "rules:amazon@1.0.0".into(),
        opened_at: NOW - DAY,
        effective_at: NOW,
        ends_at: Some(NOW + 5 * DAY),
        due_at: None,
        closed_at: None,
        record: Record { statement, ..Record::default() },
    }
}

fn read(row: &Enforcement, language: &str) -> Statement {
    Statement::of(row, &market(), EVIL, language, NOW).unwrap()
}

#[test]
fn whatever_stands_in_it_is_text() {
    for language in ["en", "zh-CN"] {
        let page = read(&enforcement(stored(EVIL)), language).page();
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onload=&quot;x&amp;y"));
        for bad in ["<script", "\" onload", "'1'"] {
            assert!(!page.contains(bad), "{bad} in {page}");
        }
    }
}

#[test]
fn it_says_what_when_why_and_how_to_contest_it() {
    let row = enforcement(stored("Too many defects"));
    let (english, chinese) = (read(&row, "en"), read(&row, "zh-TW"));
    assert_eq!((english.language, chinese.language), ("en", "zh-CN"));
    let text = |statement: &Statement| statement.reasons[0].text.clone().unwrap();
    assert_eq!((text(&english), text(&chinese)), ("Too many defects".into(), "中 Too many defects".into()));
    assert_eq!((english.found_automatically, english.decided_automatically), (true, true));
    let [page, other] = [english.page(), chinese.page()];
    for said in [
        "Your account is suspended.",
        "2024-05-31 12:00 UTC",
        "2024-06-05 12:00 UTC",
        "0.0412",
        "less than 0.01",
        "2024-04-01 – 2024-05-30",
        "170",
        "k-1",
        "Fraud",
        "It was decided automatically",
        "2024-11-30 12:00 UTC",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    for said in ["您的账户被暂停。", "低于 0.01", "欺诈", "由系统自动作出", "中 Too many defects"] {
        assert!(other.contains(said), "{said} in {other}");
    }
    assert!(other.starts_with("<!doctype html>\n<html lang=\"zh-CN\">"));
}

#[test]
fn people_decide_and_are_not_named() {
    let mut row = enforcement(stored("Too many defects"));
    row.record.approvals.push(Signed { by: "rita".into(), at: NOW + 2 * DAY, note: "agreed".into() });
    let statement = read(&row, "en");
    assert!(statement.found_automatically && !statement.decided_automatically);
    let contest = statement.contest.clone().unwrap();
    assert_eq!((contest.until, contest.open), (rfc3339(NOW + 186 * DAY), true), "as many days, from when it was told");
    let text = format!("{}{}", serde_json::to_string(&statement).unwrap(), statement.page());
    assert!(!text.contains("rita") && !text.contains("agreed"));
}

#[test]
fn nothing_put_down_leaves_a_statement_of_what_was_done() {
    let statement = read(&enforcement(Json::Null), "pt-BR");
    assert_eq!((statement.language, statement.decision.as_str()), ("en", "Your account is suspended."));
    assert_eq!(statement.contest.unwrap().until, rfc3339(NOW - DAY + 184 * DAY));
    let broken = Statement::of(&enforcement(json!({ "facts": 3 })), &market(), "m", "en", NOW);
    assert!(matches!(broken, Err(StoreError::Inconsistent { .. })));
}

#[test]
fn each_action_has_a_sentence_of_its_own_in_both_languages() {
    for language in ["en", "zh-CN"] {
        let mut sentences: Vec<_> = Kind::ALL.iter().map(|(kind, _)| Words::of(language).decision(*kind)).collect();
        sentences.sort_unstable();
        sentences.dedup();
        assert!(sentences.len() == Kind::ALL.len() && !sentences[0].is_empty());
    }
    assert_eq!(Words::of("en").decision(Kind::PullListing), "A listing of yours is taken off sale.");
    assert_eq!(Words::of("zh").decision(Kind::RevokeBadge), "您的一枚徽章被收回。");
}

//! Every type of event there and back, and every way to be refused.

use andon_domain::change::{Change, ContactOpened, Placed, Rating, Recorded};
use andon_domain::fact::{
    Actor, CancelReason, Channel, ClaimKind, ClaimState, FeedbackState, Fulfilment, IncidentKind, ReturnOutcome, ServiceLevel,
    Severity, ViolationState,
};
use andon_domain::ids::{Instant, Text};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Event, EventContext, EventProblem, MAX_EVENT, MAX_SKEW, Written, id_at, parse, write};
use crate::keys::Keys;

/// 2024-05-01T12:00:00Z.
const NOW: Instant = 1_714_564_800_000;

fn keys() -> Keys {
    Keys::new(*b"0123456789abcdef")
}

fn parsed(raw: &[u8]) -> Result<Event, EventProblem> {
    parse(&EventContext { marketplace: "olist", currency: "BRL", keys: &keys(), now: NOW }, raw)
}

fn changes() -> Vec<Change> {
    let named = |kind, name| keys().named("olist", kind, name);
    let text = |text: &str| Text::from(text);
    let parcel = || (Some(text("BR1")), None);
    vec![
        Change::OrderPlaced(Box::new(Placed {
            merchant: text("m-1"),
            buyer: named("buyer", "b-1"),
            listing: named("listing", "订单 \"x\""),
            units: 3,
            amount: 1_000_000_000_000_000,
            fulfilment: Fulfilment::Platform,
            service: ServiceLevel::TwoDay,
            ship_by: Some(NOW + 86_400_000),
            deliver_by: None,
        })),
        Change::OrderShipped { tracking: parcel().0, carrier: parcel().1 },
        Change::OrderScanned { tracking: None, carrier: None },
        Change::OrderDelivered { tracking: parcel().0, carrier: Some(text("correios")) },
        Change::OrderCancelled { by: Actor::Merchant, reason: CancelReason::OutOfStock },
        Change::FeedbackLeft(Rating {
            rating: 1,
            as_described: Some(2),
            service: None,
            delivery: Some(5),
            comment: text("ruim\nnão chegou 😡"),
        }),
        Change::FeedbackChanged { state: FeedbackState::Struck, reason: text("abuse"), actor: Some(text("reviewer-1")) },
        Change::ClaimOpened { claim: text("c-1"), kind: ClaimKind::NotReceived },
        Change::ClaimClosed { claim: text("c-1"), state: ClaimState::Denied },
        Change::ReturnRequested { ret: text("r-1"), reason: text("too-small") },
        Change::ReturnAnswered { ret: text("r-1") },
        Change::ReturnClosed { ret: text("r-1"), outcome: ReturnOutcome::Refunded, dissatisfied: true },
        Change::IncidentOpened { incident: text("i-1"), kind: IncidentKind::Lost, responsible: Actor::Carrier },
        Change::IncidentResolved { incident: text("i-1") },
        Change::ContactOpened(Box::new(ContactOpened {
            order: None,
            merchant: Some(text("m-1")),
            channel: Channel::Email,
            reason: text("where-is-it"),
            answer_owed: true,
        })),
        Change::ContactAnswered,
        Change::ContactResolved { satisfaction: Some(4) },
        Change::ContactReopened,
        Change::ViolationRecorded(Box::new(Recorded {
            merchant: text("m-1"),
            policy: text("counterfeit"),
            severity: Severity::High,
            listing: Some(named("listing", "l-1")),
        })),
        Change::ViolationClosed { state: ViolationState::Overturned },
        Change::ListingStocked { units: 0 },
        Change::MerchantRegistered { name: text("Loja & Cia"), joined_at: NOW - 1000 },
        Change::OrderAccepted,
        Change::FeedbackEvidenced { contact: text("c-9") },
    ]
}

fn written(change: &Change) -> Vec<u8> {
    let mut line = Vec::new();
    let id = id_at(NOW, [7; 10]);
    write(
        &mut line,
        &Written { source: "test", id, marketplace: "olist", currency: "BRL", at: NOW - 123, subject: "subject-1", change },
    );
    line
}

/// An event of `change`'s type with one value replaced; `at` is a JSON pointer. `null` takes it away.
fn with(change: usize, at: &str, value: Value) -> Result<Event, EventProblem> {
    let mut event: Value = serde_json::from_slice(&written(&changes()[change])).unwrap();
    let (parent, name) = at.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    parsed(&serde_json::to_vec(&event).unwrap())
}

fn refused(result: Result<Event, EventProblem>) -> (&'static str, String) {
    let problem = result.expect_err("must be refused");
    assert!(problem.message.len() < 1000, "{problem}");
    assert!(!problem.message.contains(char::is_control), "{problem}");
    (problem.code, problem.field.unwrap_or_default())
}

fn invalid(change: usize, at: &str, value: Value) {
    let field = at.trim_start_matches('/').replace('/', ".");
    let shown = value.to_string();
    assert_eq!(refused(with(change, at, value)), ("invalid-field", field), "{at} = {shown}");
}

#[test]
fn every_type_comes_back_as_it_went() {
    for change in changes() {
        let line = written(&change);
        let event = parsed(&line).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&line)));
        assert_eq!((event.kind, &event.change), (change.kind(), &change));
        assert_eq!((event.at, event.subject.name.as_str(), &*event.raw), (NOW - 123, "subject-1", &*line));
        assert_eq!(event.tie.to_be_bytes(), event.key[8..]);
    }
}

#[test]
fn the_same_meaning_is_the_same_body() {
    let change = &changes()[0];
    let value: Value = serde_json::from_slice(&written(change)).unwrap();
    let sorted_and_spaced = format!("  {}\n", serde_json::to_string_pretty(&value).unwrap());
    let (a, b) = (parsed(&written(change)).unwrap(), parsed(sorted_and_spaced.as_bytes()).unwrap());
    assert_eq!((a.key, a.fingerprint), (b.key, b.fingerprint));
    let other = with(0, "/data/units", json!(4)).unwrap();
    assert_eq!(a.key, other.key);
    assert_ne!(a.fingerprint, other.fingerprint);
}

#[test]
fn context_attributes_are_checked() {
    assert_eq!(refused(with(1, "/specversion", json!("0.3"))), ("unsupported-version", "specversion".into()));
    assert_eq!(refused(with(1, "/type", json!("andon.order.teleported"))), ("unknown-type", "type".into()));
    assert_eq!(refused(with(1, "/type", json!("com.example.order"))), ("unknown-type", "type".into()));
    assert_eq!(refused(with(1, "/marketplace", json!("other"))), ("wrong-marketplace", "marketplace".into()));
    for name in ["specversion", "id", "source", "type", "time", "subject"] {
        assert_eq!(refused(with(1, &format!("/{name}"), Value::Null)), ("missing-field", name.into()), "{name}");
        invalid(1, &format!("/{name}"), json!(1));
    }
    invalid(1, "/datacontenttype", json!("text/xml"));
    for (name, value) in
        [("/datacontenttype", json!("Application/JSON; charset=utf-8")), ("/traceid7", json!("x")), ("/n", json!(1))]
    {
        assert!(with(1, name, value).is_ok(), "{name}");
    }
    for name in ["TraceId", "trace_id", "data_base64", ""] {
        assert_eq!(refused(with(1, &format!("/{name}"), json!("x"))).0, "unknown-field", "{name}");
    }
    invalid(1, "/trace", json!({"deep": 1}));
    invalid(1, "/trace", json!(1.5));
}

#[test]
fn times_are_rfc_3339_within_reason() {
    for (text, at) in [
        ("2024-05-01T14:00:00+14:00", NOW - 12 * 3_600_000),
        ("2024-05-01t11:59:59.9999z", NOW - 1),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2016-12-31T21:59:60.25-02:00", 1_483_228_800_250),
    ] {
        assert_eq!(with(1, "/time", json!(text)).unwrap().at, at, "{text}");
    }
    for bad in [
        "2024-05-01",
        "2024-05-01T12:00:00",
        "2023-02-29T00:00:00Z",
        "2024-04-30T24:00:00Z",
        "2024-04-30T10:00:60Z",
        "10000-01-01T00:00:00Z",
    ] {
        invalid(1, "/time", json!(bad));
    }
    let after = |ms: Instant| json!(chrono::DateTime::from_timestamp_millis(NOW + ms).unwrap().to_rfc3339());
    assert!(with(1, "/time", after(MAX_SKEW)).is_ok());
    assert_eq!(refused(with(1, "/time", after(MAX_SKEW + 1))), ("future-time", "time".into()));
    assert_eq!(refused(with(1, "/time", json!("9999-12-31T23:59:59Z"))), ("future-time", "time".into()));
    for old in ["1999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"] {
        assert_eq!(refused(with(1, "/time", json!(old))), ("time-out-of-range", "time".into()));
    }
    assert_eq!(refused(with(0, "/data/ship_by", json!("2100-01-01T00:00:00Z"))), ("time-out-of-range", "data.ship_by".into()));
    invalid(0, "/data/deliver_by", json!("soon"));
}

#[test]
fn numbers_are_whole_and_bounded() {
    for bad in [json!(0), json!(-1), json!(1_000_001), json!(1.0), json!("3"), json!(u64::MAX)] {
        invalid(0, "/data/units", bad);
    }
    for bad in [json!(-1), json!(1_000_000_000_000_001_i64), json!(1e3), json!("19.99")] {
        invalid(0, "/data/amount/minor", bad);
    }
    for bad in [json!(0), json!(6), json!(4.999), json!(true)] {
        invalid(5, "/data/rating", bad.clone());
        invalid(5, "/data/as_described", bad.clone());
        invalid(16, "/data/satisfaction", bad);
    }
    let long = "1234567890".repeat(4);
    for number in [long.as_str(), "1e400", "1E2", "-0", "99999999999999999999"] {
        let raw = String::from_utf8(written(&changes()[0])).unwrap().replace("1000000000000000", number);
        let problem = parsed(raw.as_bytes()).unwrap_err();
        assert_eq!((problem.code, problem.field.as_deref()), ("invalid-field", Some("data.amount.minor")), "{number}");
        assert!(problem.message.contains(number), "{problem}");
    }
    let complaint = |units: u64| with(0, "/data/units", json!(units)).unwrap_err().message;
    assert!(complaint((1 << 63) - 1).ends_with("is not from 1 to 1000000"));
    assert!(complaint(1 << 63).ends_with("a whole number that 64 bits hold with its sign, without fraction or exponent"));
    for money in ["USD", "brl", "XXX", ""] {
        assert_eq!(refused(with(0, "/data/amount/currency", json!(money))), ("wrong-currency", "data.amount.currency".into()));
    }
}

#[test]
fn strings_are_printable_and_bounded() {
    for bad in ["", " x", "a\0b", "a\nb", "a\u{202e}b", &"x".repeat(201)] {
        for (change, at) in [
            (0, "/id"),
            (0, "/source"),
            (0, "/subject"),
            (0, "/data/merchant"),
            (0, "/data/buyer"),
            (0, "/data/listing"),
            (1, "/data/tracking"),
            (9, "/data/reason"),
        ] {
            invalid(change, at, json!(bad));
        }
    }
    invalid(5, "/data/comment", json!("\u{7}"));
    invalid(5, "/data/comment", json!("é".repeat(1001)));
    assert!(with(5, "/data/comment", json!("é".repeat(1000))).is_ok());
    invalid(6, "/data/reason", json!("x".repeat(201)));
    for escape in [r"\ud800", r"\udc00 ", r"\ud83d\u0041"] {
        let raw = String::from_utf8(written(&changes()[0])).unwrap();
        for (from, field) in [("\"m-1\"", "data.merchant"), ("\"subject-1\"", "subject")] {
            let broken = raw.replace(from, &format!("\"{escape}\""));
            assert_eq!(refused(parsed(broken.as_bytes())), ("invalid-field", field.into()), "{escape}");
        }
    }
}

#[test]
fn words_are_listed_when_one_is_wrong() {
    for (change, at) in [
        (0, "/data/fulfilment"),
        (0, "/data/service"),
        (4, "/data/by"),
        (4, "/data/reason"),
        (6, "/data/state"),
        (7, "/data/kind"),
        (8, "/data/state"),
        (11, "/data/outcome"),
        (12, "/data/kind"),
        (12, "/data/responsible"),
        (14, "/data/channel"),
        (18, "/data/severity"),
        (19, "/data/state"),
    ] {
        invalid(change, at, json!("x".repeat(300)));
    }
    let problem = with(4, "/data/by", json!("nobody")).unwrap_err();
    assert_eq!(problem.message, r#"data.by: "nobody" is not one of buyer, merchant, carrier, platform"#);
}

#[test]
fn fields_are_neither_missing_nor_unknown_nor_doubled() {
    assert_eq!(refused(with(0, "/data/unit", json!(1))), ("unknown-field", "data.unit".into()));
    assert_eq!(refused(with(0, "/data/amount/minors", json!(1))), ("unknown-field", "data.amount.minors".into()));
    assert_eq!(refused(with(0, "/data/amount", json!({"minor": 1}))), ("missing-field", "data.amount.currency".into()));
    assert_eq!(refused(with(0, "/data", json!({}))), ("missing-field", "data.merchant".into()));
    assert_eq!(refused(with(0, "/data", Value::Null)), ("missing-field", "data.merchant".into()));
    assert_eq!(refused(with(0, "/data", json!([]))).1, "data");
    assert_eq!(refused(with(20, "/data/units", json!([[[]]]))), ("invalid-field", "data.units".into()));
    let raw = String::from_utf8(written(&changes()[0])).unwrap();
    for (from, twice, field) in [
        ("\"units\":3", "\"units\":3,\"units\":3", "data.units"),
        ("\"source\":", "\"source\":\"x\",\"source\":", "source"),
        ("\"data\":", "\"data\":1,\"data\":", "data"),
        ("\"source\":", "\"trace\":1,\"trace\":1,\"source\":", "trace"),
    ] {
        assert!(raw.contains(from));
        assert_eq!(refused(parsed(raw.replacen(from, twice, 1).as_bytes())), ("duplicate-field", field.into()));
    }
}

#[test]
fn the_subject_is_found_and_agrees() {
    for (change, field) in [
        (14, "contact"),
        (15, "contact"),
        (16, "contact"),
        (17, "contact"),
        (18, "violation"),
        (19, "violation"),
        (21, "merchant"),
    ] {
        let at = format!("/data/{field}");
        assert!(with(change, &at, json!("subject-1")).is_ok(), "{field}");
        invalid(change, &at, json!("subject-2"));
        let mut event: Value = serde_json::from_slice(&written(&changes()[change])).unwrap();
        event["subject"] = Value::Null;
        event["data"][field] = json!("inside");
        assert_eq!(parsed(event.to_string().as_bytes()).unwrap().subject.name, "inside");
        event["data"][field] = json!("in\0side");
        assert_eq!(refused(parsed(event.to_string().as_bytes())), ("invalid-field", format!("data.{field}")));
    }
    assert_eq!(refused(with(14, "/data/merchant", Value::Null)), ("missing-field", "data.merchant".into()));
}

#[test]
fn what_is_not_an_event_is_malformed() {
    let good = written(&changes()[0]);
    let deep = "[".repeat(10_000);
    let two = [&good[..], &good[..]].concat();
    let with_bom = [b"\xef\xbb\xbf", &good[..]].concat();
    for bad in [&b""[..], b"null", b"7", b"[]", b"{", b"\xff", b"NaN", deep.as_bytes(), &good[..good.len() - 1], &two, &with_bom]
    {
        assert_eq!(refused(parsed(bad)).0, "malformed");
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refused(parsed(format!("{{\"trace\":{deep}").as_bytes())), ("invalid-field", "trace".into()));
    let nested = String::from_utf8(good.clone()).unwrap().replace("\"m-1\"", &deep);
    assert_eq!(refused(parsed(nested.as_bytes())), ("invalid-field", "data.merchant".into()));
    let huge = vec![b'['; MAX_EVENT + 1];
    assert_eq!(refused(parsed(&huge)).0, "too-large");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(change in 0..22_usize, edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6)) {
        let mut raw = written(&changes()[change]);
        for (at, byte, how) in edits {
            let at = at.index(raw.len());
            match how {
                0 => raw[at] = byte,
                1 => raw.insert(at, b"\"\\{}[],:0-9e.u"[byte as usize % 14]),
                2 => { raw.remove(at); }
                _ => raw.truncate(at.max(8)),
            }
        }
        if let Err(problem) = parsed(&raw) {
            prop_assert!(problem.message.len() < 1000);
        }
    }

    #[test]
    fn any_text_is_taken_or_named(text in any::<String>()) {
        if let Err(problem) = with(0, "/data/merchant", json!(text)) {
            prop_assert_eq!(problem.field.as_deref(), Some("data.merchant"));
        }
    }
}

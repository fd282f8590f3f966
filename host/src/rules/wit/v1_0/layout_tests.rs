//! What is written and read whole, against wasmtime: a guest that gives back what it is given is shown a value one way and has it
//! taken back the other.

use std::fmt::Debug;
use std::sync::LazyLock;

use andon_domain::fact::{
    Actor, CancelReason, Cancellation, Claim, ClaimKind, ClaimState, Fact, Feedback, FeedbackState, Fulfilment, Order,
    ServiceLevel, Tracking,
};
use andon_domain::ids::Named;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{ListingSnapshot, Party, Snapshot};
use proptest::option::of;
use proptest::prelude::*;
use wasmtime::component::{Component, ComponentNamedList, Lift, Linker, Lower};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::answers::{Finding, Meaning};
use super::bindings::andon::rules::facts as wit;
use super::bindings::exports::andon::rules::judge;
use super::facts::Words;
use super::narrow;
use super::questions::{Asked, Shown};
use crate::rules::engine::Engine;
use crate::rules::limits::Limits;
use crate::rules::sandbox::Sandbox;

/// What is given back, as the contract calls it.
const LISTS: [&str; 4] = ["subject", "snapshot", "classified", "verdict"];

/// The contract's types, with functions that give back lists of them; memory they ask for is full of ones.
static ECHO: LazyLock<(Engine, Component)> = LazyLock::new(|| {
    let contract = include_str!("../../../../../sdk/wit/released/1.0.0.wit");
    let (types, _) = contract.split_once("describe: func").unwrap();
    let functions = LISTS.map(|list| format!("{list}-list: func(given: list<{list}>) -> list<{list}>;"));
    let text = format!("{types}\n{}\n}} world rules {{ export judge; }}", functions.join("\n"));
    let mut resolve = Resolve::default();
    let package = resolve.push_str("echo.wit", &text).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let give_back = LISTS.map(|list| {
        format!(
            r#"(func (export "andon:rules/judge@1.0.0#{list}-list") (param i32 i32) (result i32)
                (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))"#
        )
    });
    let module = format!(
        r#"(module (memory (export "memory") 16) (global $free (mut i32) (i32.const 64)) {}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $free) (i32.sub (local.get 2) (i32.const 1)))
                    (i32.sub (i32.const 0) (local.get 2))))
                (global.set $free (i32.add (local.get $at) (local.get 3)))
                (memory.fill (local.get $at) (i32.const 255) (local.get 3))
                (local.get $at)))"#,
        give_back.join("\n")
    );
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    let engine = Engine::start(Limits::default()).unwrap();
    let component = Component::new(&engine.wasm, component).unwrap();
    (engine, component)
});

/// What a list comes back as.
fn echo<P: Lower, R: Lift>(list: &str, given: &[P]) -> Vec<R>
where
    for<'a> (&'a [P],): ComponentNamedList + Lower,
{
    let (engine, component) = &*ECHO;
    let limits = Limits::default();
    let mut sandbox = Sandbox::open(engine, &limits).unwrap();
    let instance = sandbox.start(|store| Linker::new(&engine.wasm).instantiate(store, component)).unwrap();
    let judge = component.get_export_index(None, super::EXPORT).unwrap();
    let function = component.get_export_index(Some(&judge), format!("{list}-list")).unwrap();
    let given_back = sandbox.run(|store| {
        let function = instance.get_typed_func::<(&[P],), (Vec<R>,)>(&mut *store, function)?;
        function.call(store, (given,))
    });
    given_back.unwrap().0
}

fn same(one: impl Debug, other: impl Debug) -> Result<(), TestCaseError> {
    prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    Ok(())
}

fn one_of<T: Copy + Debug + 'static>(all: &'static [(T, &'static str)]) -> impl Strategy<Value = T> {
    prop::sample::select(all).prop_map(|(value, _)| value)
}

fn named() -> impl Strategy<Value = Named> {
    any::<u64>().prop_map(|key| Named { key, name: "".into() })
}

fn cancellation() -> impl Strategy<Value = Cancellation> {
    (any::<i64>(), one_of(Actor::ALL), one_of(CancelReason::ALL)).prop_map(|(at, by, reason)| Cancellation { at, by, reason })
}

fn feedback() -> impl Strategy<Value = Feedback> {
    let parts = (any::<i64>(), any::<u8>(), any::<[Option<u8>; 3]>(), one_of(FeedbackState::ALL));
    parts.prop_map(|(at, rating, [as_described, service, delivery], state)| Feedback {
        at,
        rating,
        as_described,
        service,
        delivery,
        comment: "".into(),
        state,
        state_reason: "".into(),
    })
}

fn claim() -> impl Strategy<Value = Claim> {
    let parts = (any::<i64>(), one_of(ClaimKind::ALL), one_of(ClaimState::ALL), any::<Option<i64>>());
    parts.prop_map(|(opened, kind, state, closed)| Claim { reference: "".into(), opened, kind, state, closed })
}

fn order() -> impl Strategy<Value = Fact> {
    let names = (named(), named(), named(), any::<u32>(), any::<i64>());
    let words = (one_of(Fulfilment::ALL), one_of(ServiceLevel::ALL), one_of(Tracking::ALL));
    let times = (any::<i64>(), any::<[Option<i64>; 5]>());
    let after = (of(cancellation()), of(feedback()), prop::collection::vec(claim(), 0..2));
    (names, words, times, after).prop_map(|(names, words, (placed, times), (cancelled, feedback, claims))| {
        let ((id, buyer, listing, units, amount), (fulfilment, service, tracking)) = (names, words);
        let [ship_by, deliver_by, shipped, delivered, accepted] = times;
        Fact::Order(Box::new(Order {
            id,
            merchant: "".into(),
            buyer,
            listing,
            units,
            amount,
            fulfilment,
            service,
            placed,
            ship_by,
            deliver_by,
            shipped,
            delivered,
            tracking,
            cancelled,
            feedback,
            claims,
            returns: Vec::new(),
            incidents: Vec::new(),
            contacts: Vec::new(),
            accepted,
        }))
    })
}

fn readings() -> impl Strategy<Value = Vec<Reading>> {
    let numbers = (any::<[f64; 3]>(), any::<Option<f64>>(), any::<[i64; 2]>(), any::<u32>(), any::<u16>());
    let reading =
        (numbers, one_of(Status::ALL)).prop_map(|((values, peers, counts, buyers, breached_in_a_row), status)| Reading {
            value: values[0],
            numerator: counts[0],
            denominator: counts[1],
            buyers,
            lower: values[1],
            upper: values[2],
            peers,
            status,
            breached_in_a_row,
            from: 0,
            to: 0,
            excluded_numerator: 0,
            value_with_excluded: 0.0,
        });
    prop::collection::vec(reading, 0..4)
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let listing = (any::<u64>(), readings()).prop_map(|(listing, readings)| ListingSnapshot { listing, readings });
    let party = (any::<[i64; 2]>(), any::<Option<u16>>(), any::<Vec<u16>>(), any::<Option<i64>>());
    let party = party.prop_map(|([joined, standing_since], standing, badges, reinstated)| Party {
        joined,
        standing,
        standing_since,
        badges,
        reinstated,
    });
    (any::<i64>(), party, readings(), prop::collection::vec(listing, 0..3))
        .prop_map(|(now, merchant, readings, listings)| Snapshot { now, merchant, readings, listings })
}

fn expected(snapshot: &Snapshot) -> judge::Snapshot {
    let reading = |reading: &Reading| judge::Reading {
        value: reading.value,
        numerator: reading.numerator,
        denominator: reading.denominator,
        buyers: reading.buyers,
        lower: reading.lower,
        upper: reading.upper,
        peers: reading.peers,
        status: super::same_words!(reading.status, Status => judge::Status: Good AtRisk Breached Insufficient),
        breached_in_a_row: reading.breached_in_a_row,
    };
    let listing = |shown: &ListingSnapshot| judge::ListingSnapshot {
        listing: narrow(shown.listing),
        readings: shown.readings.iter().map(reading).collect(),
    };
    judge::Snapshot {
        now: snapshot.now,
        merchant: judge::Merchant {
            joined: snapshot.merchant.joined,
            standing: snapshot.merchant.standing,
            standing_since: snapshot.merchant.standing_since,
            badges: snapshot.merchant.badges.clone(),
            reinstated: snapshot.merchant.reinstated,
        },
        readings: snapshot.readings.iter().map(reading).collect(),
        listings: snapshot.listings.iter().map(listing).collect(),
    }
}

type Marks = Vec<(u16, i64, i64, Option<u16>, Option<u16>)>;

fn classified(marks: Marks, revisit: Option<i64>) -> judge::Classified {
    let mark = |(counter, at, amount, cause, excluded)| judge::Mark { counter, at, amount, cause, excluded };
    judge::Classified { marks: marks.into_iter().map(mark).collect(), revisit }
}

fn reason() -> impl Strategy<Value = judge::Reason> {
    any::<(u16, Option<u16>, Option<u64>)>().prop_map(|(code, metric, listing)| judge::Reason { code, metric, listing })
}

fn verdict() -> impl Strategy<Value = judge::Verdict> {
    let reasons = || prop::collection::vec(reason(), 0..3);
    let proposal = (any::<Option<u16>>(), reasons());
    let proposal = proposal.prop_map(|(days, reasons)| judge::Proposal { action: judge::Action::CapOrders(3), days, reasons });
    (any::<(u16, u16)>(), prop::collection::vec(proposal, 0..3), reasons(), any::<Option<i64>>()).prop_map(
        |((standing, score), proposals, reasons, revisit)| judge::Verdict { standing, score, proposals, reasons, revisit },
    )
}

proptest! {
    #[test]
    fn orders_arrive_whole(orders in prop::collection::vec(order(), 0..5)) {
        let words = Words::default();
        let shown: Vec<_> = orders.iter().map(|fact| Shown { fact, words: &words }).collect();
        let expected: Vec<wit::Subject> = orders.iter().map(|fact| words.subject(fact)).collect();
        same(echo::<_, wit::Subject>("subject", &shown), expected)?;
    }

    #[test]
    fn snapshots_arrive_whole(snapshots in prop::collection::vec(snapshot(), 0..4)) {
        let asked: Vec<_> = snapshots.iter().map(Asked).collect();
        same(echo::<_, judge::Snapshot>("snapshot", &asked), snapshots.iter().map(expected).collect::<Vec<_>>())?;
    }

    #[test]
    fn answers_arrive_whole(
        answers in prop::collection::vec(any::<(Marks, Option<i64>)>(), 0..5),
        verdicts in prop::collection::vec(verdict(), 0..4),
    ) {
        let given: Vec<_> = answers.into_iter().map(|(marks, revisit)| classified(marks, revisit)).collect();
        let expected: Vec<_> = given.iter().cloned().map(super::answers::classified).collect();
        same(echo::<_, Meaning>("classified", &given), expected)?;
        let findings = echo::<_, Finding>("verdict", &verdicts).into_iter();
        let found = findings.map(|f| judge::Verdict {
            standing: f.standing,
            score: f.score,
            proposals: f.proposals,
            reasons: f.reasons.0,
            revisit: f.revisit,
        });
        same(found.collect::<Vec<_>>(), verdicts)?;
    }
}

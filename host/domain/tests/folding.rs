//! What a history promises whoever sends events: any order, repetition and split of them is the same history and the same
//! fact at every moment, nothing is known before it happened, and a correction replaces what it corrects.

use andon_domain::change::{Change, ContactOpened, Placed, Rating, Recorded};
use andon_domain::fact::{
    Actor, CancelReason, Channel, ClaimKind, ClaimState, Fact, FeedbackState, Fulfilment, IncidentKind, Order, ReturnOutcome,
    ServiceLevel, Severity, Tracking, ViolationState,
};
use andon_domain::history::{Entry, History, MAX_ENTRIES, Source};
use andon_domain::ids::{Instant, Named, Text};
use proptest::prelude::*;
use proptest::sample::select;

/// Events happen at 0 to 29, so that many share a moment.
const END: Instant = 30;

fn named(name: &str) -> Named {
    Named { key: name.bytes().map(u64::from).sum(), name: name.into() }
}

fn placed(merchant: &str, units: u32) -> Change {
    Change::OrderPlaced(Box::new(Placed {
        merchant: merchant.into(),
        buyer: named("buyer"),
        listing: named("listing"),
        units,
        amount: 1999,
        fulfilment: Fulfilment::Merchant,
        service: ServiceLevel::Standard,
        ship_by: Some(5),
        deliver_by: None,
    }))
}

fn left(rating: u8) -> Change {
    Change::FeedbackLeft(Rating { rating, as_described: None, service: None, delivery: None, comment: Text::default() })
}

fn changed(state: FeedbackState) -> Change {
    Change::FeedbackChanged { state, reason: "carrier".into(), actor: None }
}

fn word<T: Copy + std::fmt::Debug>(all: &'static [(T, &'static str)]) -> impl Strategy<Value = T> {
    select(all).prop_map(|(value, _)| value)
}

fn reference() -> impl Strategy<Value = Text> {
    select(&["1", "2"][..]).prop_map(Into::into)
}

fn order_change() -> impl Strategy<Value = Change> {
    let tracking = || prop::option::of(Just(Text::from("T1")));
    prop_oneof![
        3 => (select(&["a", "b"][..]), 1u32..4).prop_map(|(merchant, units)| placed(merchant, units)),
        2 => tracking().prop_map(|tracking| Change::OrderShipped { tracking, carrier: None }),
        1 => Just(Change::OrderAccepted),
        1 => tracking().prop_map(|tracking| Change::OrderScanned { tracking, carrier: None }),
        1 => tracking().prop_map(|tracking| Change::OrderDelivered { tracking, carrier: None }),
        2 => (word(Actor::ALL), word(CancelReason::ALL)).prop_map(|(by, reason)| Change::OrderCancelled { by, reason }),
        2 => (1u8..6).prop_map(left),
        2 => word(FeedbackState::ALL).prop_map(changed),
        2 => (reference(), word(ClaimKind::ALL)).prop_map(|(claim, kind)| Change::ClaimOpened { claim, kind }),
        2 => (reference(), word(ClaimState::ALL)).prop_map(|(claim, state)| Change::ClaimClosed { claim, state }),
        1 => (reference(), "[xy]").prop_map(|(ret, reason)| Change::ReturnRequested { ret, reason: reason.into() }),
        1 => reference().prop_map(|ret| Change::ReturnAnswered { ret }),
        1 => (reference(), word(ReturnOutcome::ALL), any::<bool>())
            .prop_map(|(ret, outcome, dissatisfied)| Change::ReturnClosed { ret, outcome, dissatisfied }),
        1 => (reference(), word(IncidentKind::ALL), word(Actor::ALL))
            .prop_map(|(incident, kind, responsible)| Change::IncidentOpened { incident, kind, responsible }),
        1 => reference().prop_map(|incident| Change::IncidentResolved { incident }),
    ]
}

/// A contact's opening about one of two orders or none, with or without a merchant's name.
fn opening() -> impl Strategy<Value = Change> {
    let text = |choices: &'static [&'static str]| prop::option::of(select(choices).prop_map(Text::from));
    (text(&["o1", "o2"]), text(&["a", "b"])).prop_map(|(order, merchant)| {
        let (channel, reason) = (Channel::Email, Text::from("late"));
        Change::ContactOpened(Box::new(ContactOpened { order, merchant, channel, reason, answer_owed: true }))
    })
}

fn contact_change() -> impl Strategy<Value = Change> {
    let opened = (word(Channel::ALL), any::<bool>()).prop_map(|(channel, answer_owed)| {
        Change::ContactOpened(Box::new(ContactOpened {
            order: Some("o".into()),
            merchant: None,
            channel,
            reason: "late".into(),
            answer_owed,
        }))
    });
    prop_oneof![
        opened,
        Just(Change::ContactAnswered),
        prop::option::of(1u8..6).prop_map(|satisfaction| Change::ContactResolved { satisfaction }),
        Just(Change::ContactReopened),
    ]
}

fn violation_change() -> impl Strategy<Value = Change> {
    let recorded = (select(&["a", "b"][..]), word(Severity::ALL)).prop_map(|(merchant, severity)| {
        Change::ViolationRecorded(Box::new(Recorded { merchant: merchant.into(), policy: "ip".into(), severity, listing: None }))
    });
    prop_oneof![recorded, word(ViolationState::ALL).prop_map(|state| Change::ViolationClosed { state })]
}

/// Entries at random moments, each its own event.
fn entries(change: impl Strategy<Value = Change>) -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((0..END, any::<u32>(), change), 0..25).prop_map(|all| {
        let entry = |(i, (at, tie, change)): (usize, (Instant, u32, Change))| {
            let source = Source { segment: 1, index: i as u32 };
            Entry { at, tie: (u64::from(tie) << 8) | i as u64, source, change }
        };
        all.into_iter().enumerate().map(entry).collect()
    })
}

fn any_subject() -> impl Strategy<Value = Vec<Entry>> {
    prop_oneof![entries(order_change()), entries(contact_change()), entries(violation_change())]
}

fn history(entries: &[Entry]) -> History {
    let mut history = History::default();
    for entry in entries {
        history.insert(entry.clone());
    }
    history
}

fn at_every_moment(history: &History) -> Vec<Option<Fact>> {
    (-1..=END).map(|until| history.fact(&named("o"), until)).collect()
}

/// What `of` finds in the order's own sequence of what is known at `until`.
fn seen<'a, T>(
    sorted: &'a [Entry],
    until: Instant,
    of: impl Fn(&'a Entry) -> Option<T> + 'a,
) -> impl DoubleEndedIterator<Item = T> + 'a {
    sorted.iter().filter(move |e| e.at <= until).filter_map(of)
}

proptest! {
    #[test]
    fn any_order_repetition_and_split_is_the_same(all in any_subject(), copies in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..40), seed in any::<u64>()) {
        let expected = history(&all);
        let mut sent = all.clone();
        if !all.is_empty() {
            sent.extend(copies.iter().map(|(i, _)| i.get(&all).clone()));
        }
        sent.sort_by_key(|e| (e.tie ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut arrived = History::default();
        for (i, entry) in sent.iter().enumerate() {
            let known = arrived.entries().contains(entry);
            prop_assert_eq!(arrived.insert(entry.clone()), !known);
            // A batch may end anywhere: what was stored is read again.
            if copies.get(i).is_some_and(|c| c.1) {
                arrived = postcard::from_bytes(&postcard::to_stdvec(&arrived).unwrap()).unwrap();
            }
        }
        prop_assert_eq!(&arrived, &expected);
        prop_assert_eq!(at_every_moment(&arrived), at_every_moment(&expected));
    }

    #[test]
    fn nothing_is_known_before_it_happened(order in entries(order_change()), contact in entries(contact_change()), until in -1..=END) {
        let known = |all: &[Entry]| all.iter().filter(|e| e.at <= until).cloned().collect::<Vec<_>>();
        let mut whole = history(&order);
        whole.set_contact(&named("c"), history(&contact).entries());
        let mut then = history(&known(&order));
        then.set_contact(&named("c"), history(&known(&contact)).entries());
        prop_assert_eq!(whole.fact(&named("o"), until), then.fact(&named("o"), END));
    }

    #[test]
    fn contacts_arrive_in_any_order(order in entries(order_change()), contacts in prop::collection::vec(entries(contact_change()), 1..4)) {
        let whole: Vec<_> = contacts.iter().enumerate().map(|(i, all)| (named(&format!("c{i}")), history(all))).collect();
        let mut at_once = history(&order);
        for (id, contact) in &whole {
            at_once.set_contact(id, contact.entries());
        }
        let mut grown = History::default();
        for (id, contact) in whole.iter().rev() {
            for upto in 0..=contact.entries().len() {
                grown.set_contact(id, &contact.entries()[..upto]);
            }
        }
        order.iter().rev().for_each(|e| { grown.insert(e.clone()); });
        prop_assert_eq!(&grown, &at_once);
        for (id, _) in &whole {
            grown.set_contact(id, &[]);
        }
        prop_assert_eq!(grown, history(&order));
    }

    #[test]
    fn a_contact_is_whose_its_first_opening_says(all in entries(opening()), seed in any::<u64>()) {
        // Of the two orders only the first is placed.
        let owner = |history: &History| match history.contact_opened()?.order.as_deref()? {
            "o1" => Some("c".to_owned()),
            _ => None,
        };
        let arrived = |all: &[Entry]| {
            let mut contact = History::default();
            for entry in all {
                contact.insert(entry.clone());
                contact.set_owner(owner(&contact).map(Into::into));
            }
            contact
        };
        let mut sent = all.clone();
        sent.sort_by_key(|e| (e.tie ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let contact = arrived(&sent);
        prop_assert_eq!(&contact, &arrived(&all));
        let openings = || contact.entries().iter().filter_map(|e| if let Change::ContactOpened(o) = &e.change { Some(o) } else { None });
        let named = openings().find_map(|o| o.merchant.as_deref());
        let of_order = openings().next().is_some_and(|o| o.order.as_deref() == Some("o1"));
        prop_assert_eq!(contact.merchant(), if of_order { Some("c") } else { named });
    }

    #[test]
    fn an_order_is_what_was_said_first_and_last(all in entries(order_change()), until in 0..=END) {
        let history = history(&all);
        let sorted = history.entries();
        let fact = history.fact(&named("o"), until);
        let placements = || seen(sorted, until, |e| if let Change::OrderPlaced(p) = &e.change { Some((e.at, p)) } else { None });
        let Some(Fact::Order(order)) = fact else {
            prop_assert_eq!(placements().next(), None);
            return Ok(());
        };
        let Order { merchant, units, placed, accepted, shipped, delivered, tracking, cancelled, feedback, claims, .. } = *order;
        let (first, begun) = placements().next().unwrap();
        prop_assert_eq!((placed, &merchant), (first, &begun.merchant));
        prop_assert_eq!(Some(units), placements().rfind(|p| p.1.merchant == merchant).map(|p| p.1.units));

        let at = |wanted: fn(&Change) -> bool| seen(sorted, until, move |e| wanted(&e.change).then_some(e.at)).next();
        prop_assert_eq!(accepted, at(|c| matches!(c, Change::OrderAccepted)));
        prop_assert_eq!(shipped, at(|c| matches!(c, Change::OrderShipped { .. })));
        prop_assert_eq!(delivered, at(|c| matches!(c, Change::OrderDelivered { .. })));
        prop_assert_eq!(tracking == Tracking::DeliveredConfirmed, delivered.is_some());

        let calls_off = || seen(sorted, until, |e| if let Change::OrderCancelled { by, reason } = e.change { Some((e.at, by, reason)) } else { None });
        prop_assert_eq!(cancelled.as_ref().map(|c| c.at), calls_off().next().map(|c| c.0));
        prop_assert_eq!(cancelled.map(|c| (c.by, c.reason)), calls_off().next_back().map(|c| (c.1, c.2)));

        let rating = seen(sorted, until, |e| if let Change::FeedbackLeft(r) = &e.change { Some((e.at, r.rating)) } else { None }).next_back();
        let state = seen(sorted, until, |e| if let Change::FeedbackChanged { state, .. } = e.change { Some(state) } else { None }).next_back();
        prop_assert_eq!(feedback.as_ref().map(|f| (f.at, f.rating)), rating);
        prop_assert_eq!(feedback.map(|f| f.state), rating.map(|_| state.unwrap_or(FeedbackState::Counted)));

        for name in ["1", "2"] {
            let opening = |e: &Entry| matches!(&e.change, Change::ClaimOpened { claim, .. } if claim == name).then_some(e.at);
            let closing = |e: &Entry| match &e.change {
                Change::ClaimClosed { claim, state } if claim == name => Some((*state, e.at)),
                _ => None,
            };
            let known = claims.iter().find(|c| c.reference == name);
            prop_assert_eq!(known.map(|c| c.opened), seen(sorted, until, opening).next());
            let (state, closed) = seen(sorted, until, closing).next_back().map_or((ClaimState::Open, None), |(s, at)| (s, Some(at)));
            if let Some(claim) = known {
                prop_assert_eq!((claim.state, claim.closed), (state, closed.filter(|_| state != ClaimState::Open)));
            }
        }
        prop_assert!(claims.is_sorted_by_key(|c| c.opened));
    }
}

/// An order's fact after changes at moments 1, 2, 3, ...
fn order_after(changes: Vec<Change>) -> Order {
    let entries: Vec<_> = changes
        .into_iter()
        .zip(1..)
        .map(|(change, at)| Entry { at, tie: 0, source: Source { segment: 1, index: 0 }, change })
        .collect();
    match history(&entries).fact(&named("o"), END) {
        Some(Fact::Order(order)) => *order,
        other => panic!("no order but {other:?}"),
    }
}

#[test]
fn corrections_replace_what_they_correct() {
    let struck = order_after(vec![placed("a", 1), left(1), changed(FeedbackState::Struck)]).feedback.unwrap();
    assert_eq!((struck.rating, struck.state, struck.state_reason.as_str()), (1, FeedbackState::Struck, "carrier"));
    let restored = order_after(vec![placed("a", 1), left(1), changed(FeedbackState::Struck), changed(FeedbackState::Counted)]);
    assert_eq!(restored.feedback.unwrap().state, FeedbackState::Counted);

    let close = |state| Change::ClaimClosed { claim: "1".into(), state };
    let open = || Change::ClaimOpened { claim: "1".into(), kind: ClaimKind::NotReceived };
    let denied = order_after(vec![placed("a", 1), open(), close(ClaimState::Denied)]).claims.remove(0);
    assert_eq!((denied.opened, denied.state, denied.closed), (2, ClaimState::Denied, Some(3)));
    let reopened = order_after(vec![placed("a", 1), open(), close(ClaimState::Denied), close(ClaimState::Open)]).claims.remove(0);
    assert_eq!((reopened.state, reopened.closed), (ClaimState::Open, None));
    // The closing may be dated before the opening.
    let early = order_after(vec![placed("a", 1), close(ClaimState::Granted), open()]).claims.remove(0);
    assert_eq!((early.state, early.closed), (ClaimState::Granted, Some(2)));

    let cancel = |reason| Change::OrderCancelled { by: Actor::Merchant, reason };
    let excused = order_after(vec![placed("a", 1), cancel(CancelReason::OutOfStock), cancel(CancelReason::BuyerRequest)]);
    assert_eq!(excused.cancelled.map(|c| (c.at, c.reason)), Some((2, CancelReason::BuyerRequest)));
}

#[test]
fn of_a_listings_stock_the_newest_is_kept() {
    let source = Source { segment: 1, index: 0 };
    let stocked = |at: Instant| Entry { at, tie: 0, source, change: Change::ListingStocked { units: 7 } };
    let all: Vec<Entry> = (0..MAX_ENTRIES as Instant + 5).map(stocked).collect();
    let kept = history(&all);
    assert_eq!(kept.entries(), &all[5..]);
    assert_eq!(history(&all.iter().rev().cloned().collect::<Vec<_>>()), kept);
    assert_eq!(kept.kept(), kept.entries());
}

//! Step 1 of the flow: events that are new join their subjects' histories. Repeats are told by name, whatever order, split
//! or number they come in.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

use andon_domain::change::{Change, Kind};
use andon_domain::history::{Entry, History, Source, begins};
use andon_domain::ids::{Instant, Named, Text};

use super::classify::Allowance;
use super::settle::{Touched, settle};
use super::{cord, feedback, room, segment};
use crate::clock::Clock;
use crate::events::Event;
use crate::keys::Keys;
use crate::markets::{ClockKind, Market};
use crate::store::seen::forget;
use crate::store::session::{For, Registration, Result, Seen, Session, Subject};

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new and durable.
    Accepted,
    /// The same event was accepted before.
    Duplicate,
    /// Another event was accepted before under this source and id; this one is not kept.
    Conflict,
    /// What it is about, or the order that its contact is about, has no room for more changes; it is not kept.
    Full,
}

/// Takes in events of one marketplace inside the caller's transaction. Answers outcomes, the marketplace's clock after
/// them, and whether any merchant became due.
pub(crate) fn accept(
    session: &mut dyn Session,
    keys: &Keys,
    market: &Market,
    events: &[&Event],
    clock: &dyn Clock,
    stamp: i64,
) -> Result<(Vec<Outcome>, Instant, bool)> {
    let (mut outcomes, mut new) = sift(session, events)?;
    let (mut touched, places) = admit(session, keys, market, events, &mut outcomes, &mut new)?;
    let latest = new.iter().map(|e| e.at).fold(market.latest(), Instant::max);
    let now = market.now_after(latest, clock.now());
    if new.is_empty() {
        return Ok((outcomes, latest, false));
    }
    let segment = session.add_segment(market.id, new.len(), &segment::pack(new.iter().map(|e| &*e.raw))?)?;
    join(&mut touched, &new, &places, segment);
    share_contacts(session, keys, market, &mut touched)?;
    let registrations = registrations(&new);
    let registered = find_merchants(session, market, &mut touched, &registrations)?;
    let mut allowance = Allowance::of(market);
    let closing = settle(session, market, &mut touched, now, &mut allowance)?;
    feedback::enter(session, market, &new, &touched, clock.now())?;
    cord::watch(session, market, clock, &touched, now)?;
    let due = closing.write(session, market, (&registered, &registrations), stamp)?;
    if market.clock == ClockKind::LatestEvent && latest > market.latest() {
        session.advance(market.id, latest)?;
    }
    Ok((outcomes, latest, due))
}

/// Tells new events from repeats, within the batch first, then against what is stored.
fn sift<'e>(session: &mut dyn Session, events: &[&'e Event]) -> Result<(Vec<Outcome>, Vec<&'e Event>)> {
    let mut first: HashMap<[u8; 16], usize> = HashMap::with_capacity(events.len());
    let mut firsts = Vec::with_capacity(events.len());
    for event in events {
        if let Slot::Vacant(slot) = first.entry(event.key) {
            slot.insert(firsts.len());
            firsts.push(*event);
        }
    }
    let seen = session.remember(&firsts.iter().map(|e| (e.key, e.fingerprint)).collect::<Vec<_>>())?;
    let mut told = vec![false; firsts.len()];
    let outcomes = events
        .iter()
        .map(|event| {
            let i = first[&event.key];
            let same = event.fingerprint == firsts[i].fingerprint;
            match seen[i] {
                Seen::New if !told[i] => {
                    told[i] = true;
                    Outcome::Accepted
                }
                Seen::New | Seen::Same if same => Outcome::Duplicate,
                _ => Outcome::Conflict,
            }
        })
        .collect();
    let new = firsts.into_iter().zip(seen).filter(|(_, s)| *s == Seen::New).map(|(e, _)| e).collect();
    Ok((outcomes, new))
}

/// Takes in hand what new events are about. Those that find no room there are refused and forgotten.
fn admit(
    session: &mut dyn Session,
    keys: &Keys,
    market: &Market,
    events: &[&Event],
    outcomes: &mut [Outcome],
    new: &mut Vec<&Event>,
) -> Result<(Vec<Touched>, Vec<Option<usize>>)> {
    let (touched, places) = take(session, keys, market, new)?;
    let beyond = room::beyond(keys, market, &touched, new, &places);
    if beyond.is_empty() {
        return Ok((touched, places));
    }
    for (event, outcome) in events.iter().zip(outcomes) {
        if beyond.contains(&event.key) && *outcome != Outcome::Conflict {
            *outcome = Outcome::Full;
        }
    }
    forget(session, &beyond)?;
    new.retain(|event| !beyond.contains(&event.key));
    // Taken anew, so that what nothing is added to is neither asked about nor written.
    take(session, keys, market, new)
}

/// Loads or makes the events' subjects, and the orders that contacts among them are about or are said to be. Answers where each
/// event's subject is; what is said of merchants is kept with them.
fn take(
    session: &mut dyn Session,
    keys: &Keys,
    market: &Market,
    events: &[&Event],
) -> Result<(Vec<Touched>, Vec<Option<usize>>)> {
    let mut known: HashMap<(Kind, u64), usize> = HashMap::with_capacity(events.len());
    let mut names: Vec<(Kind, &Named)> = Vec::new();
    let places = events.iter().map(|event| {
        (event.kind != Kind::Merchant).then(|| {
            *known.entry((event.kind, event.subject.key)).or_insert_with(|| {
                names.push((event.kind, &event.subject));
                names.len() - 1
            })
        })
    });
    let places = places.collect();
    if names.is_empty() {
        return Ok((Vec::new(), places));
    }
    let mut touched = load(session, market, &names)?;
    let said = events.iter().filter_map(|e| if let Change::ContactOpened(o) = &e.change { o.order.as_deref() } else { None });
    let orders = touched.iter().filter_map(|t| t.order_before.as_deref()).chain(said);
    let orders: Vec<Named> = orders.map(|order| keys.named(&market.code, "order", order)).collect();
    bring(session, market, Kind::Order, &orders, &mut touched)?;
    Ok((touched, places))
}

/// Adds the changes to their subjects' histories.
fn join(touched: &mut [Touched], events: &[&Event], places: &[Option<usize>], segment: i64) {
    for (index, (event, place)) in events.iter().zip(places).enumerate() {
        if let Some(place) = *place {
            let source = Source { segment, index: index as u32 };
            touched[place].renamed |= begins(&event.change);
            let entry = Entry { at: event.at, tie: event.tie, source, change: event.change.clone() };
            touched[place].subject.history.insert(entry);
        }
    }
}

fn load(session: &mut dyn Session, market: &Market, names: &[(Kind, &Named)]) -> Result<Vec<Touched>> {
    let keys: Vec<(Kind, u64)> = names.iter().map(|(kind, name)| (*kind, name.key)).collect();
    let stored = session.subjects(market.id, &keys, For::Changing)?;
    let mut ids = session.new_subject_ids(stored.iter().filter(|s| s.is_none()).count())?.into_iter();
    Ok(stored
        .into_iter()
        .zip(names)
        .map(|(stored, (kind, name))| match stored {
            Some(subject) => Touched::stored(subject),
            None => Touched::fresh(Subject {
                id: ids.next().unwrap_or_default(),
                market: market.id,
                kind: *kind,
                key: name.key,
                reference: name.name.to_string(),
                merchant: None,
                began: None,
                history: History::default(),
                marks: Vec::new(),
                revisit: None,
            }),
        })
        .collect())
}

/// What is known of a contact is part of its order's history too, and the contact belongs to the order's merchant; either
/// may be known first.
fn share_contacts(session: &mut dyn Session, keys: &Keys, market: &Market, touched: &mut Vec<Touched>) -> Result<()> {
    let placed = touched.iter().filter(|t| t.subject.kind == Kind::Order && t.renamed);
    let waiting: Vec<Named> = placed.flat_map(|t| t.subject.history.contacts().map(|(id, _)| id.clone())).collect();
    bring(session, market, Kind::Contact, &waiting, touched)?;
    let contacts: Vec<usize> = (0..touched.len()).filter(|i| touched[*i].subject.kind == Kind::Contact).collect();
    if contacts.is_empty() {
        return Ok(());
    }
    let place: HashMap<u64, usize> =
        touched.iter().enumerate().filter(|(_, t)| t.subject.kind == Kind::Order).map(|(i, t)| (t.subject.key, i)).collect();
    let in_hand = |order: Option<&str>| place.get(&keys.named(&market.code, "order", order?).key).copied();
    for contact in contacts {
        let Touched { subject: known, order_before, .. } = &touched[contact];
        let (id, entries) = (Named { key: known.key, name: known.reference.as_str().into() }, known.history.entries().to_vec());
        let before = in_hand(order_before.as_deref());
        let about = in_hand(known.history.contact_opened().and_then(|o| o.order.as_deref()));
        // An earlier opening that came late may name another order than the one that holds the contact so far, or none.
        if let Some(order) = before.filter(|_| before != about) {
            touched[order].subject.history.set_contact(&id, &[]);
        }
        let mut owner = None;
        if let Some(order) = about {
            touched[order].subject.history.set_contact(&id, &entries);
            owner = touched[order].subject.history.merchant().map(Text::from);
        }
        touched[contact].renamed = true;
        touched[contact].subject.history.set_owner(owner);
    }
    Ok(())
}

/// Loads (or makes) subjects that are not in hand yet.
fn bring(session: &mut dyn Session, market: &Market, kind: Kind, names: &[Named], touched: &mut Vec<Touched>) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let known: HashSet<u64> = touched.iter().filter(|t| t.subject.kind == kind).map(|t| t.subject.key).collect();
    let mut missing: Vec<(Kind, &Named)> = names.iter().filter(|n| !known.contains(&n.key)).map(|n| (kind, n)).collect();
    missing.sort_unstable_by_key(|(_, n)| n.key);
    missing.dedup_by_key(|(_, n)| n.key);
    if !missing.is_empty() {
        touched.extend(load(session, market, &missing)?);
    }
    Ok(())
}

fn registrations<'e>(events: &[&'e Event]) -> Vec<Registration<'e>> {
    let registration = |e: &&'e Event| match &e.change {
        Change::MerchantRegistered { name, joined_at } => {
            Some(Registration { reference: &e.subject.name, name, joined_at: *joined_at, at: e.at, tie: e.tie })
        }
        _ => None,
    };
    events.iter().filter_map(registration).collect()
}

/// Gives subjects their merchant and beginning, from what their histories say by now. Answers who registers.
fn find_merchants(
    session: &mut dyn Session,
    market: &Market,
    touched: &mut [Touched],
    registrations: &[Registration<'_>],
) -> Result<Vec<i64>> {
    let named = touched.iter().filter(|t| t.renamed).filter_map(|t| t.subject.history.merchant().map(str::to_owned));
    let mut names: Vec<String> = named.chain(registrations.iter().map(|r| r.reference.to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    let ids = session.merchants(market.id, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let id = |name: &str| names.binary_search_by(|n| n.as_str().cmp(name)).ok().map(|i| ids[i]);
    for t in touched.iter_mut().filter(|t| t.renamed) {
        let history = &t.subject.history;
        t.subject.merchant = history.merchant().and_then(id);
        t.subject.began = t.subject.merchant.and(history.began());
    }
    Ok(registrations.iter().filter_map(|r| id(r.reference)).collect())
}

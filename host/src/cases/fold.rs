//! What a case is about, as rules are asked about it; events are folded as the host folds them.

use std::collections::{BTreeMap, BTreeSet};

use andon_domain::change::{Change, Kind};
use andon_domain::fact::Fact;
use andon_domain::history::{Entry, History, Source};
use andon_domain::ids::{Instant, Named};
use serde_json::{Map, Value};

use super::file::Case;
use super::{CaseError, MAX_SUBJECTS, written};
use crate::events::{EventContext, parse};
use crate::keys::Keys;

/// One fact, and how the case refers to it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) kind: Kind,
    /// The reference as written, `{n}` included.
    pub(super) written: String,
    pub(super) fact: Fact,
}

impl Subject {
    /// Its reference.
    pub(super) fn name(&self) -> &str {
        match &self.fact {
            Fact::Order(order) => &order.id.name,
            Fact::Contact(contact) => &contact.id.name,
            Fact::Violation(violation) => &violation.id.name,
        }
    }
}

/// All that a case says has happened.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// Orders, then contacts, then violations.
    pub(super) subjects: Vec<Subject>,
    /// When events say that the merchant joined.
    pub(super) registered: Option<Instant>,
}

/// References need keys that tell them apart; in a case nobody makes them collide on purpose.
pub(super) fn keys() -> Keys {
    Keys::new([0; 16])
}

/// Reads the case's facts or events; `marketplace` is the code its events are for.
pub(super) fn happened(case: &Case, marketplace: &str) -> Result<Happened, CaseError> {
    match (&case.facts, &case.events) {
        (Some(_), Some(_)) => Err(CaseError::at("events", "stand beside facts; a case has one or the other")),
        (Some(facts), None) => Ok(Happened { subjects: written::subjects(case, facts)?, registered: None }),
        (None, Some(events)) => folded(case, events, marketplace),
        (None, None) => Ok(Happened::default()),
    }
}

type Histories = BTreeMap<(Kind, String), (Named, History)>;

fn folded(case: &Case, events: &[Map<String, Value>], marketplace: &str) -> Result<Happened, CaseError> {
    let keys = keys();
    let context = EventContext { marketplace, currency: case.currency(), keys: &keys, now: case.now.0 };
    let mut histories = Histories::new();
    let mut registered = None;
    for (i, event) in events.iter().enumerate() {
        let mut event = event.clone();
        event.entry("specversion").or_insert_with(|| "1.0".into());
        event.entry("source").or_insert_with(|| "/case".into());
        event.entry("id").or_insert_with(|| i.to_string().into());
        // Pasted from whichever marketplace, it is about this case's.
        event.insert("marketplace".to_owned(), marketplace.into());
        let parsed = parse(&context, Value::Object(event).to_string().as_bytes());
        let event = parsed.map_err(|problem| CaseError::at(format!("events[{i}]"), problem))?;
        if let Change::MerchantRegistered { joined_at, .. } = &event.change {
            registered = Some(*joined_at);
        }
        let place = (event.kind, event.subject.name.to_string());
        let (_, history) = histories.entry(place).or_insert_with(|| (event.subject, History::default()));
        history.insert(Entry {
            at: event.at,
            tie: event.tie,
            source: Source { segment: 0, index: i as u32 },
            change: event.change,
        });
    }
    if histories.len() > MAX_SUBJECTS {
        return Err(CaseError::at("events", format!("are about more than {MAX_SUBJECTS} subjects")));
    }
    join_contacts(&mut histories);
    one_merchant(&histories)?;
    let fact = |((kind, name), (id, history)): ((Kind, String), (Named, History))| {
        Some(Subject { kind, written: name, fact: history.fact(&id, case.now.0)? })
    };
    Ok(Happened { subjects: histories.into_iter().filter_map(fact).collect(), registered })
}

/// Gives orders the contacts that are about them.
fn join_contacts(histories: &mut Histories) {
    let about = |(id, history): &(Named, History)| {
        let order = history.contact_opened()?.order.clone()?;
        Some((order, id.clone(), history.entries().to_vec()))
    };
    let contacts: Vec<_> = histories.values().filter_map(about).collect();
    for (order, id, entries) in contacts {
        if let Some((_, history)) = histories.get_mut(&(Kind::Order, order.into())) {
            history.set_contact(&id, &entries);
        }
    }
}

fn one_merchant(histories: &Histories) -> Result<(), CaseError> {
    let about_order = |history: &History| history.contact_opened().is_some_and(|opened| opened.order.is_some());
    let merchants: BTreeSet<_> =
        histories.values().filter(|(_, h)| !about_order(h)).filter_map(|(_, history)| history.merchant()).collect();
    if merchants.len() > 1 {
        let all: Vec<_> = merchants.into_iter().collect();
        return Err(CaseError::at("events", format!("are about several merchants ({}); a case is about one", all.join(", "))));
    }
    Ok(())
}

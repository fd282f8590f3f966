//! A subject's changes in their own order, and the fact they fold to, now or at any moment before. Entries are kept sorted by
//! (time, tie), so the fold sees the same sequence whatever order, split or repetition the events came in.

use serde::{Deserialize, Serialize};

use crate::change::{Change, ContactOpened, Kind};
use crate::fact::{
    Cancellation, Claim, ClaimState, Contact, Fact, Feedback, FeedbackState, Incident, Order, ReturnOutcome, ReturnRequest,
    Tracking, Violation, ViolationState,
};
use crate::ids::{Instant, Named, Text};

/// Most changes of one subject, and most of all an order's contacts together: far more than anything real has, and an end to what
/// is read and written with each further one.
pub const MAX_ENTRIES: usize = 1_000;

/// Where an event's raw text is kept: a segment, and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The segment's number.
    pub segment: i64,
    /// Place in the segment, from 0.
    pub index: u32,
}

/// One change, when it happened, and the event it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened, by the event's own `time`.
    pub at: Instant,
    /// Keyed hash of the event's source and id: orders changes of the same millisecond, and tells repeats apart.
    pub tie: u64,
    /// The raw event.
    pub source: Source,
    /// What it says.
    pub change: Change,
}

/// All that is known of one subject. Entries of an order's contacts live in the contact's own history and are copied into
/// `contacts` whenever that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    entries: Vec<Entry>,
    contacts: Vec<(Named, Vec<Entry>)>,
    owner: Option<Text>,
}

impl History {
    /// Adds a change in its place; says no if it was there. A listing's stock changes for as long as it is sold: of more than
    /// [`MAX_ENTRIES`] the newest are kept. Of any other subject it is for the caller to add no more.
    pub fn insert(&mut self, entry: Entry) -> bool {
        let new = insert(&mut self.entries, entry);
        self.entries.drain(..self.surplus());
        new
    }

    /// Those changes that stay when another comes, oldest first: a listing's history that was stored before there was a bound may
    /// hold more.
    pub fn kept(&self) -> &[Entry] {
        &self.entries[self.surplus()..]
    }

    fn surplus(&self) -> usize {
        let of_listing = self.entries.first().is_some_and(|first| first.change.kind() == Kind::Listing);
        if of_listing { self.entries.len().saturating_sub(MAX_ENTRIES) } else { 0 }
    }

    /// The changes, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The changes of an order's contacts, by contact.
    pub fn contacts(&self) -> impl Iterator<Item = (&Named, &[Entry])> {
        self.contacts.iter().map(|(id, entries)| (id, entries.as_slice()))
    }

    /// Takes over what is known of a contact that is about this order; no entries: it is about this order no more.
    pub fn set_contact(&mut self, id: &Named, entries: &[Entry]) {
        match self.contacts.binary_search_by(|(known, _)| known.name.cmp(&id.name)) {
            Ok(i) if entries.is_empty() => drop(self.contacts.remove(i)),
            Ok(i) => self.contacts[i].1 = entries.to_vec(),
            Err(_) if entries.is_empty() => {}
            Err(i) => self.contacts.insert(i, (id.clone(), entries.to_vec())),
        }
    }

    /// Takes over the merchant of the order that a contact is about; it counts before the one the contact names. `None` where the
    /// contact is about no order, or the order's merchant is not known yet.
    pub fn set_owner(&mut self, merchant: Option<Text>) {
        self.owner = merchant;
    }

    /// When the subject was placed, opened or recorded, by the first change that says so.
    pub fn began(&self) -> Option<Instant> {
        self.entries.iter().find(|e| begins(&e.change)).map(|e| e.at)
    }

    /// How a contact began, if that is known: the first opening reported.
    pub fn contact_opened(&self) -> Option<&ContactOpened> {
        self.entries.iter().find_map(|e| if let Change::ContactOpened(o) = &e.change { Some(&**o) } else { None })
    }

    /// The fact as known at `until`, `None` while what began it is not known (an order not placed, a contact not opened).
    pub fn fact(&self, id: &Named, until: Instant) -> Option<Fact> {
        let known = self.entries.iter().take_while(|e| e.at <= until);
        match self.entries.first()?.change.kind() {
            Kind::Order => order(id, known, &self.contacts, until).map(|o| Fact::Order(Box::new(o))),
            Kind::Contact => contact(id, known).map(|c| Fact::Contact(Box::new(c))),
            Kind::Violation => violation(id, known).map(|v| Fact::Violation(Box::new(v))),
            Kind::Listing | Kind::Merchant => None,
        }
    }

    /// The merchant the subject belongs to, by the first change that names one.
    pub fn merchant(&self) -> Option<&str> {
        let named = || {
            self.entries.iter().find_map(|e| match &e.change {
                Change::OrderPlaced(p) => Some(p.merchant.as_str()),
                Change::ContactOpened(o) => o.merchant.as_deref(),
                Change::ViolationRecorded(r) => Some(r.merchant.as_str()),
                _ => None,
            })
        };
        self.owner.as_deref().or_else(named)
    }
}

/// Whether a change is one that a subject begins with, and so may name its merchant.
pub fn begins(change: &Change) -> bool {
    matches!(change, Change::OrderPlaced(_) | Change::ContactOpened(_) | Change::ViolationRecorded(_))
}

fn insert(entries: &mut Vec<Entry>, entry: Entry) -> bool {
    match entries.binary_search_by_key(&(entry.at, entry.tie), |e| (e.at, e.tie)) {
        Ok(_) => false,
        Err(i) => {
            entries.insert(i, entry);
            true
        }
    }
}

fn order<'a>(
    id: &Named,
    known: impl Iterator<Item = &'a Entry> + Clone,
    contacts: &[(Named, Vec<Entry>)],
    until: Instant,
) -> Option<Order> {
    let (placed, first) =
        known.clone().find_map(|e| if let Change::OrderPlaced(p) = &e.change { Some((e.at, p)) } else { None })?;
    let mut order = Order {
        id: id.clone(),
        merchant: first.merchant.clone(),
        buyer: first.buyer.clone(),
        listing: first.listing.clone(),
        units: first.units,
        amount: first.amount,
        fulfilment: first.fulfilment,
        service: first.service,
        placed,
        ship_by: first.ship_by,
        deliver_by: first.deliver_by,
        shipped: None,
        delivered: None,
        tracking: Tracking::None,
        cancelled: None,
        feedback: None,
        claims: Vec::new(),
        returns: Vec::new(),
        incidents: Vec::new(),
        contacts: Vec::new(),
        accepted: None,
    };
    let mut state = (FeedbackState::Counted, "");
    for entry in known.clone() {
        apply(&mut order, &mut state, entry);
    }
    // A closing may bear an earlier time than its opening; a second pass over what opens nothing finds them all.
    for entry in known {
        close(&mut order, entry);
    }
    if let Some(feedback) = &mut order.feedback {
        (feedback.state, feedback.state_reason) = (state.0, state.1.into());
    }
    order.contacts =
        contacts.iter().filter_map(|(id, entries)| contact(id, entries.iter().take_while(|e| e.at <= until))).collect();
    order.contacts.sort_by_key(|c| (c.opened, c.id.key));
    Some(order)
}

fn apply<'a>(order: &mut Order, state: &mut (FeedbackState, &'a str), entry: &'a Entry) {
    let at = entry.at;
    match &entry.change {
        Change::OrderPlaced(p) if p.merchant == order.merchant => {
            (order.buyer, order.listing) = (p.buyer.clone(), p.listing.clone());
            (order.units, order.amount, order.fulfilment, order.service) = (p.units, p.amount, p.fulfilment, p.service);
            (order.ship_by, order.deliver_by) = (p.ship_by, p.deliver_by);
        }
        Change::OrderAccepted => {
            order.accepted.get_or_insert(at);
        }
        Change::OrderShipped { tracking, .. } => {
            order.shipped.get_or_insert(at);
            if tracking.is_some() {
                order.tracking = order.tracking.max(Tracking::Uploaded);
            }
        }
        Change::OrderScanned { .. } => order.tracking = order.tracking.max(Tracking::Scanned),
        Change::OrderDelivered { .. } => {
            order.delivered.get_or_insert(at);
            order.tracking = Tracking::DeliveredConfirmed;
        }
        Change::OrderCancelled { by, reason } => {
            let at = order.cancelled.as_ref().map_or(at, |c| c.at);
            order.cancelled = Some(Cancellation { at, by: *by, reason: *reason });
        }
        Change::FeedbackLeft(r) => {
            order.feedback = Some(Feedback {
                at,
                rating: r.rating,
                as_described: r.as_described,
                service: r.service,
                delivery: r.delivery,
                comment: r.comment.clone(),
                state: FeedbackState::Counted,
                state_reason: Text::default(),
            });
        }
        Change::FeedbackChanged { state: to, reason, .. } => *state = (*to, reason),
        Change::ClaimOpened { claim, kind } => match order.claims.iter_mut().find(|c| c.reference == *claim) {
            Some(known) => known.kind = *kind,
            None => {
                order.claims.push(Claim {
                    reference: claim.clone(),
                    opened: at,
                    kind: *kind,
                    state: ClaimState::Open,
                    closed: None,
                });
            }
        },
        Change::ReturnRequested { ret, reason } => match order.returns.iter_mut().find(|r| r.reference == *ret) {
            Some(known) => known.reason.clone_from(reason),
            None => order.returns.push(ReturnRequest {
                reference: ret.clone(),
                requested: at,
                reason: reason.clone(),
                answered: None,
                outcome: ReturnOutcome::Open,
                dissatisfied: false,
            }),
        },
        Change::IncidentOpened { incident, kind, responsible } => {
            if let Some(known) = order.incidents.iter_mut().find(|i| i.reference == *incident) {
                (known.kind, known.responsible) = (*kind, *responsible);
            } else {
                let reference = incident.clone();
                order.incidents.push(Incident { reference, at, kind: *kind, responsible: *responsible, resolved: None });
            }
        }
        _ => {}
    }
}

fn close(order: &mut Order, entry: &Entry) {
    match &entry.change {
        Change::ClaimClosed { claim, state } => {
            if let Some(c) = order.claims.iter_mut().find(|c| c.reference == *claim) {
                (c.state, c.closed) = (*state, (*state != ClaimState::Open).then_some(entry.at));
            }
        }
        Change::ReturnAnswered { ret } => {
            if let Some(r) = order.returns.iter_mut().find(|r| r.reference == *ret) {
                r.answered.get_or_insert(entry.at);
            }
        }
        Change::ReturnClosed { ret, outcome, dissatisfied } => {
            if let Some(r) = order.returns.iter_mut().find(|r| r.reference == *ret) {
                r.answered.get_or_insert(entry.at);
                (r.outcome, r.dissatisfied) = (*outcome, *dissatisfied);
            }
        }
        Change::IncidentResolved { incident } => {
            if let Some(i) = order.incidents.iter_mut().find(|i| i.reference == *incident) {
                i.resolved = Some(entry.at);
            }
        }
        _ => {}
    }
}

fn contact<'a>(id: &Named, known: impl Iterator<Item = &'a Entry> + Clone) -> Option<Contact> {
    let (opened, first) =
        known.clone().find_map(|e| if let Change::ContactOpened(o) = &e.change { Some((e.at, o)) } else { None })?;
    let mut contact = Contact {
        id: id.clone(),
        opened,
        channel: first.channel,
        reason: first.reason.clone(),
        answer_owed: first.answer_owed,
        first_answer: None,
        resolved: None,
        reopened: 0,
        satisfaction: None,
    };
    for entry in known {
        match &entry.change {
            Change::ContactOpened(o) => {
                (contact.channel, contact.answer_owed) = (o.channel, o.answer_owed);
                contact.reason.clone_from(&o.reason);
            }
            Change::ContactAnswered => {
                contact.first_answer.get_or_insert(entry.at);
            }
            Change::ContactResolved { satisfaction } => {
                contact.resolved = Some(entry.at);
                contact.satisfaction = satisfaction.or(contact.satisfaction);
            }
            Change::ContactReopened => {
                contact.resolved = None;
                contact.reopened = contact.reopened.saturating_add(1);
            }
            _ => {}
        }
    }
    Some(contact)
}

fn violation<'a>(id: &Named, known: impl Iterator<Item = &'a Entry> + Clone) -> Option<Violation> {
    let (at, first) =
        known.clone().find_map(|e| if let Change::ViolationRecorded(r) = &e.change { Some((e.at, r)) } else { None })?;
    let mut violation = Violation {
        id: id.clone(),
        merchant: first.merchant.clone(),
        at,
        policy: first.policy.clone(),
        severity: first.severity,
        listing: first.listing.clone(),
        state: ViolationState::Open,
        closed: None,
    };
    for entry in known {
        match &entry.change {
            Change::ViolationRecorded(r) if r.merchant == violation.merchant => {
                violation.policy.clone_from(&r.policy);
                violation.listing.clone_from(&r.listing);
                violation.severity = r.severity;
            }
            Change::ViolationClosed { state } => {
                (violation.state, violation.closed) = (*state, (*state != ViolationState::Open).then_some(entry.at));
            }
            _ => {}
        }
    }
    Some(violation)
}

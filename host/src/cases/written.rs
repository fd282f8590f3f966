//! Facts as a case writes them become facts as rules are asked about them, each as often as it is repeated.

use std::collections::BTreeSet;

use andon_domain::change::Kind;
use andon_domain::fact::{self, Channel, Fact, Fulfilment, ServiceLevel, Severity, Tracking, ViolationState};
use andon_domain::ids::{Instant, Named, check_reference};

use super::facts::{Contact, Facts, Order, Violation, millis};
use super::file::Case;
use super::fold::{Subject, keys};
use super::words::Spoken;
use super::{CaseError, MAX_SUBJECTS};

/// How long ago something happened of which no time is said.
const AGO: Instant = 30 * 86_400_000;
const MERCHANT: &str = "merchant";

/// The subjects that facts are about.
pub(super) fn subjects(case: &Case, facts: &Facts) -> Result<Vec<Subject>, CaseError> {
    let mut writing = Writing { case, subjects: Vec::new(), seen: BTreeSet::new() };
    for (i, order) in facts.orders.iter().enumerate() {
        let path = format!("facts.orders[{i}]");
        for copy in copies(&path, "ref", order.repeat, &order.r#ref)? {
            writing.add_order(&path, order, copy)?;
        }
    }
    for (i, contact) in facts.contacts.iter().enumerate() {
        let path = format!("facts.contacts[{i}]");
        for copy in copies(&path, "contact", contact.repeat, &contact.contact)? {
            let fact = Fact::Contact(Box::new(writing.contact(contact, copy)));
            writing.add(&path, &contact.contact, fact)?;
        }
    }
    for (i, violation) in facts.violations.iter().enumerate() {
        let path = format!("facts.violations[{i}]");
        for copy in copies(&path, "violation", violation.repeat, &violation.violation)? {
            let fact = Fact::Violation(Box::new(writing.violation(violation, copy)));
            writing.add(&path, &violation.violation, fact)?;
        }
    }
    writing.subjects.sort_by_key(|subject| subject.kind);
    Ok(writing.subjects)
}

/// One of the copies that something repeated stands for: its number, or nothing where it is not repeated.
#[derive(Clone, Copy)]
struct Copied(Option<u32>);

impl Copied {
    fn text(self, text: &str) -> String {
        self.0.map_or_else(|| text.to_owned(), |n| text.replace("{n}", &n.to_string()))
    }

    fn named(self, kind: &str, text: &str) -> Named {
        keys().named("case", kind, &self.text(text))
    }
}

fn copies(path: &str, field: &str, repeat: Option<u32>, written: &str) -> Result<Vec<Copied>, CaseError> {
    match repeat {
        None => Ok(vec![Copied(None)]),
        Some(_) if !written.contains("{n}") => {
            Err(CaseError::at(format!("{path}.{field}"), format!("{written:?} holds no {{n}} to tell its copies apart by")))
        }
        Some(n) if n as usize > MAX_SUBJECTS => {
            Err(CaseError::at(format!("{path}.repeat"), format!("is {n}, above {MAX_SUBJECTS}")))
        }
        Some(n) => Ok((1..=n).map(|n| Copied(Some(n))).collect()),
    }
}

fn said<T: Copy>(word: Option<Spoken<T>>, otherwise: T) -> T {
    word.map_or(otherwise, |word| word.0)
}

struct Writing<'a> {
    case: &'a Case,
    subjects: Vec<Subject>,
    seen: BTreeSet<(Kind, String)>,
}

impl Writing<'_> {
    fn add(&mut self, path: &str, written: &str, fact: Fact) -> Result<(), CaseError> {
        let kind = match fact {
            Fact::Order(_) => Kind::Order,
            Fact::Contact(_) => Kind::Contact,
            Fact::Violation(_) => Kind::Violation,
        };
        let subject = Subject { kind, written: written.to_owned(), fact };
        let name = subject.name();
        check_reference(name).map_err(|error| CaseError::at(path, format!("its reference {error}")))?;
        if !self.seen.insert((kind, name.to_owned())) {
            return Err(CaseError::at(path, format!("{name:?} stands there twice")));
        }
        if self.seen.len() > MAX_SUBJECTS {
            return Err(CaseError::at(path, format!("is one of more than {MAX_SUBJECTS} subjects")));
        }
        self.subjects.push(subject);
        Ok(())
    }

    /// An order, and its contacts, which rules are asked about by themselves as well.
    fn add_order(&mut self, path: &str, written: &Order, copy: Copied) -> Result<(), CaseError> {
        let mut order = self.order(path, written, copy)?;
        for (i, (about, contact)) in written.contacts.iter().zip(&order.contacts).enumerate() {
            let path = format!("{path}.contacts[{i}]");
            if about.repeat.is_some() {
                return Err(CaseError::at(format!("{path}.repeat"), "an order's contact is repeated with its order only"));
            }
            self.add(&path, &about.contact, Fact::Contact(Box::new(contact.clone())))?;
        }
        // In the order that folding gives them.
        order.claims.sort_by_key(|c| c.opened);
        order.returns.sort_by_key(|r| r.requested);
        order.incidents.sort_by_key(|i| i.at);
        order.contacts.sort_by_key(|c| (c.opened, c.id.key));
        self.add(path, &written.r#ref, Fact::Order(Box::new(order)))
    }

    fn order(&self, path: &str, o: &Order, copy: Copied) -> Result<fact::Order, CaseError> {
        if let Some(amount) = o.amount.as_ref().filter(|amount| amount.currency != self.case.currency()) {
            let why = format!("{:?} is not the case's currency, {:?}", amount.currency, self.case.currency());
            return Err(CaseError::at(format!("{path}.amount.currency"), why));
        }
        let moved = if o.delivered_at.is_some() { Tracking::DeliveredConfirmed } else { Tracking::None };
        Ok(fact::Order {
            id: copy.named("order", &o.r#ref),
            merchant: o.merchant.as_deref().unwrap_or(MERCHANT).into(),
            buyer: copy.named("buyer", o.buyer.as_ref().unwrap_or(&o.r#ref)),
            listing: copy.named("listing", o.listing.as_deref().unwrap_or("listing")),
            units: o.units.unwrap_or(1),
            amount: o.amount.as_ref().map_or(1000, |amount| i64::try_from(amount.minor).unwrap_or(i64::MAX)),
            fulfilment: said(o.fulfilment, Fulfilment::Merchant),
            service: said(o.service, ServiceLevel::Standard),
            placed: o.placed_at.map_or(self.case.now.0 - AGO, |at| at.0),
            accepted: millis(o.accepted_at),
            ship_by: millis(o.ship_by),
            deliver_by: millis(o.deliver_by),
            shipped: millis(o.shipped_at),
            delivered: millis(o.delivered_at),
            tracking: said(o.tracking, moved),
            cancelled: o.cancelled.as_ref().map(Into::into),
            feedback: o.feedback.as_ref().map(Into::into),
            claims: o.claims.iter().map(Into::into).collect(),
            returns: o.returns.iter().map(Into::into).collect(),
            incidents: o.incidents.iter().map(Into::into).collect(),
            contacts: o.contacts.iter().map(|contact| self.contact(contact, copy)).collect(),
        })
    }

    fn contact(&self, c: &Contact, copy: Copied) -> fact::Contact {
        fact::Contact {
            id: copy.named("contact", &c.contact),
            opened: c.opened_at.map_or(self.case.now.0 - AGO, |at| at.0),
            channel: said(c.channel, Channel::PlatformMessage),
            reason: c.reason.as_deref().unwrap_or("other").into(),
            answer_owed: c.answer_owed.unwrap_or(true),
            first_answer: millis(c.first_answer_at),
            resolved: millis(c.resolved_at),
            reopened: c.reopened,
            satisfaction: c.satisfaction,
        }
    }

    fn violation(&self, v: &Violation, copy: Copied) -> fact::Violation {
        fact::Violation {
            id: copy.named("violation", &v.violation),
            merchant: MERCHANT.into(),
            at: v.recorded_at.map_or(self.case.now.0 - AGO, |at| at.0),
            policy: v.policy.as_deref().unwrap_or("other").into(),
            severity: said(v.severity, Severity::Low),
            listing: v.listing.as_ref().map(|listing| copy.named("listing", listing)),
            state: said(v.state, ViolationState::Open),
            closed: millis(v.closed_at),
        }
    }
}

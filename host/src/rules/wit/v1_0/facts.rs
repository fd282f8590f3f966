//! Facts as the contract has them. Names stay outside: a plugin sees keys, and the words it declared itself as their indexes.

use std::collections::HashMap;

use andon_domain::fact::{self, Fact};
use andon_domain::manifest::Manifest;

use super::bindings::andon::rules::facts as wit;
use super::{narrow, same_words};

/// The words a plugin declared, with their indexes.
#[cfg_attr(test, derive(Default))]
pub(in crate::rules) struct Words {
    return_reasons: HashMap<String, u16>,
    contact_reasons: HashMap<String, u16>,
    policies: HashMap<String, u16>,
}

impl Words {
    pub(in crate::rules) fn of(manifest: &Manifest) -> Self {
        fn index(words: &[String]) -> HashMap<String, u16> {
            words.iter().cloned().zip(0..).collect()
        }
        Self {
            return_reasons: index(&manifest.return_reasons),
            contact_reasons: index(&manifest.contact_reasons),
            policies: index(&manifest.policies),
        }
    }

    pub(super) fn subject(&self, fact: &Fact) -> wit::Subject {
        match fact {
            Fact::Order(order) => wit::Subject::Order(self.order(order)),
            Fact::Contact(contact) => wit::Subject::Contact(self.contact(contact)),
            Fact::Violation(violation) => wit::Subject::Violation(self.violation(violation)),
        }
    }

    fn order(&self, order: &fact::Order) -> wit::Order {
        wit::Order {
            id: narrow(order.id.key),
            buyer: narrow(order.buyer.key),
            listing: narrow(order.listing.key),
            units: order.units,
            amount: order.amount,
            fulfilment: fulfilment(order.fulfilment),
            service: service(order.service),
            placed: order.placed,
            ship_by: order.ship_by,
            deliver_by: order.deliver_by,
            shipped: order.shipped,
            delivered: order.delivered,
            tracking: tracking(order.tracking),
            cancelled: order.cancelled.as_ref().map(cancellation),
            feedback: order.feedback.as_ref().map(feedback),
            aftermath: self.aftermath(order),
            accepted: order.accepted,
        }
    }

    fn aftermath(&self, order: &fact::Order) -> Option<wit::Aftermath> {
        has_aftermath(order).then(|| wit::Aftermath {
            claims: order.claims.iter().map(claim).collect(),
            returns: order.returns.iter().map(|r| self.return_request(r)).collect(),
            incidents: order.incidents.iter().map(incident).collect(),
            contacts: order.contacts.iter().map(|c| self.contact(c)).collect(),
        })
    }

    fn return_request(&self, request: &fact::ReturnRequest) -> wit::ReturnRequest {
        wit::ReturnRequest {
            requested: request.requested,
            reason: self.return_reasons.get(request.reason.as_str()).copied(),
            answered: request.answered,
            outcome: same_words!(
                request.outcome, fact::ReturnOutcome => wit::ReturnOutcome: Open Refunded Replaced Rejected WronglyRejected
            ),
            dissatisfied: request.dissatisfied,
        }
    }

    fn contact(&self, contact: &fact::Contact) -> wit::Contact {
        wit::Contact {
            id: narrow(contact.id.key),
            opened: contact.opened,
            channel: same_words!(
                contact.channel, fact::Channel => wit::Channel: Phone LiveChat App Email WebForm Sms Social PlatformMessage
            ),
            reason: self.contact_reasons.get(contact.reason.as_str()).copied(),
            answer_owed: contact.answer_owed,
            first_answer: contact.first_answer,
            resolved: contact.resolved,
            reopened: contact.reopened,
            satisfaction: contact.satisfaction,
        }
    }

    fn violation(&self, violation: &fact::Violation) -> wit::Violation {
        wit::Violation {
            id: narrow(violation.id.key),
            at: violation.at,
            policy: self.policies.get(violation.policy.as_str()).copied(),
            severity: same_words!(violation.severity, fact::Severity => wit::Severity: Low Medium High Critical),
            listing: violation.listing.as_ref().map(|listing| narrow(listing.key)),
            state: same_words!(violation.state, fact::ViolationState => wit::ViolationState: Open Acknowledged Resolved Overturned),
            closed: violation.closed,
        }
    }
}

/// Whether anything followed an order besides its delivery.
pub(super) fn has_aftermath(order: &fact::Order) -> bool {
    !(order.claims.is_empty() && order.returns.is_empty() && order.incidents.is_empty() && order.contacts.is_empty())
}

pub(super) fn fulfilment(by: fact::Fulfilment) -> wit::Fulfilment {
    same_words!(by, fact::Fulfilment => wit::Fulfilment: Merchant Platform)
}

pub(super) fn service(level: fact::ServiceLevel) -> wit::ServiceLevel {
    same_words!(level, fact::ServiceLevel => wit::ServiceLevel: Standard Expedited TwoDay SameDay)
}

pub(super) fn tracking(tracking: fact::Tracking) -> wit::Tracking {
    same_words!(tracking, fact::Tracking => wit::Tracking: None Uploaded Scanned DeliveredConfirmed)
}

fn actor(actor: fact::Actor) -> wit::Actor {
    same_words!(actor, fact::Actor => wit::Actor: Buyer Merchant Carrier Platform)
}

pub(super) fn cancellation(cancellation: &fact::Cancellation) -> wit::Cancellation {
    wit::Cancellation {
        at: cancellation.at,
        by: actor(cancellation.by),
        reason: same_words!(
            cancellation.reason, fact::CancelReason => wit::CancelReason:
            OutOfStock PricingError NotShippedInTime UndeliverableAddress BuyerRequest Unpaid FraudHold PlatformError Other
        ),
    }
}

pub(super) fn feedback(feedback: &fact::Feedback) -> wit::Feedback {
    wit::Feedback {
        at: feedback.at,
        rating: feedback.rating,
        as_described: feedback.as_described,
        service: feedback.service,
        delivery: feedback.delivery,
        state: same_words!(feedback.state, fact::FeedbackState => wit::FeedbackState: Counted Struck Withdrawn Removed),
    }
}

fn claim(claim: &fact::Claim) -> wit::Claim {
    wit::Claim {
        opened: claim.opened,
        kind: same_words!(
            claim.kind, fact::ClaimKind => wit::ClaimKind: NotReceived NotAsDescribed RefundRefused ChargebackService ChargebackFraud
        ),
        state: same_words!(
            claim.state, fact::ClaimState => wit::ClaimState:
            Open RefundedByMerchant Granted GrantedAtPlatformCost Denied Withdrawn
        ),
        closed: claim.closed,
    }
}

fn incident(incident: &fact::Incident) -> wit::Incident {
    wit::Incident {
        at: incident.at,
        kind: same_words!(
            incident.kind, fact::IncidentKind => wit::IncidentKind:
            NoScan Stalled Misrouted FalseDelivery Damaged Lost AddressProblem
        ),
        responsible: actor(incident.responsible),
        resolved: incident.resolved,
    }
}

//! Facts without names: every reference becomes a hash under a key of its own, and nobody's words come along. What stays is what
//! rules see: times, counts, kinds, and who is the same as whom.

use andon_domain::fact::{Claim, Contact, Feedback, Incident, Order, ReturnRequest, Violation};
use andon_domain::ids::{Named, Text, check_code};
use uuid::Uuid;

use crate::keys::Keys;

/// Masks the facts of one snapshot. Two snapshots of the same facts have no reference in common.
pub(super) struct Mask<'a> {
    pub(super) keys: &'a Keys,
    /// Never shown: whoever knows it and the database's secret could try references out.
    pub(super) id: Uuid,
}

impl Mask<'_> {
    fn text(&self, kind: &str, reference: &str) -> Text {
        let bytes = [self.id.as_bytes().as_slice(), kind.as_bytes(), b"\0", reference.as_bytes()].concat();
        format!("{kind}-{:016x}", self.keys.digest("snapshot", &bytes)).into()
    }

    fn named(&self, kind: &str, named: &Named) -> Named {
        Named { key: named.key, name: self.text(kind, &named.name) }
    }

    /// A code that rules may know stays; anything else might be somebody's words.
    fn word(&self, kind: &str, word: Text) -> Text {
        if check_code(&word).is_ok() { word } else { self.text(kind, &word) }
    }

    pub(super) fn order(&self, order: Order) -> Order {
        Order {
            id: self.named("order", &order.id),
            merchant: "merchant".into(),
            buyer: self.named("buyer", &order.buyer),
            listing: self.named("listing", &order.listing),
            feedback: order.feedback.map(feedback),
            claims: order.claims.into_iter().map(|c| Claim { reference: self.text("claim", &c.reference), ..c }).collect(),
            returns: order.returns.into_iter().map(|r| self.return_request(r)).collect(),
            incidents: order
                .incidents
                .into_iter()
                .map(|i| Incident { reference: self.text("incident", &i.reference), ..i })
                .collect(),
            contacts: order.contacts.into_iter().map(|c| self.contact(c)).collect(),
            ..order
        }
    }

    fn return_request(&self, request: ReturnRequest) -> ReturnRequest {
        let (reference, reason) = (self.text("return", &request.reference), self.word("reason", request.reason));
        ReturnRequest { reference, reason, ..request }
    }

    pub(super) fn contact(&self, contact: Contact) -> Contact {
        Contact { id: self.named("contact", &contact.id), reason: self.word("reason", contact.reason), ..contact }
    }

    pub(super) fn violation(&self, violation: Violation) -> Violation {
        Violation {
            id: self.named("violation", &violation.id),
            merchant: "merchant".into(),
            policy: self.word("policy", violation.policy),
            listing: violation.listing.map(|listing| self.named("listing", &listing)),
            ..violation
        }
    }
}

fn feedback(feedback: Feedback) -> Feedback {
    Feedback { comment: Text::default(), state_reason: Text::default(), ..feedback }
}

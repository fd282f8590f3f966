//! What a fact counts for, and on which day. The README names the published rule behind each decision.

use andon_sdk::facts::{
    Actor, CancelReason, Cancellation, ClaimKind, Contact, DAY, FeedbackState, Fulfilment, HOUR, Instant, Order, ReturnOutcome,
    ReturnRequest, Severity, Subject, Tracking, Violation, ViolationState,
};
use andon_sdk::{Cause, Classified, Exclusion};

use crate::Amazon;

/// Time allowed to answer a message, and a return request.
const ANSWER_WITHIN: Instant = DAY;
const RETURN_ANSWER_WITHIN: Instant = 48 * HOUR;

/// Return requests of one order that are looked at: a subject may have no more than 64 marks.
const MOST_RETURNS: usize = 16;

/// Ratings up to this are negative.
const NEGATIVE: u8 = 2;

impl Amazon {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(12);
        match subject {
            Subject::Order(order) => {
                self.whole_order(order, &mut out);
                if order.fulfilment == Fulfilment::Merchant {
                    self.cancellation(order, &mut out);
                    self.shipping(now, order, &mut out);
                    self.delivery(now, order, &mut out);
                    self.tracking(order, &mut out);
                }
                for request in order.returns().iter().take(MOST_RETURNS) {
                    self.return_request(now, request, &mut out);
                }
            }
            Subject::Contact(contact) => self.contact(now, contact, &mut out),
            Subject::Violation(violation) => self.violation(violation, &mut out),
        }
        out
    }

    fn whole_order(&self, order: &Order, out: &mut Classified) {
        let c = &self.codes.counters;
        out.mark(c.orders.at(order.placed));
        if let Some(shipped) = order.shipped.filter(|_| !cancelled_before_shipping(order)) {
            out.mark(c.orders_fulfilled.at(shipped));
        }
        let defect = c.orders_defective.at(order.placed);
        match self.defect(order) {
            Some((cause, None)) => out.mark(defect.because(cause)),
            Some((cause, Some(exclusion))) => out.mark(defect.because(cause).excluded_by(exclusion)),
            None => {}
        }
    }

    /// The gravest thing that makes the order defective; something excluded only where nothing counts.
    fn defect(&self, order: &Order) -> Option<(Cause, Option<Exclusion>)> {
        let (causes, exclusions) = (&self.codes.causes, &self.codes.exclusions);
        let mut excluded = None;
        let mut claimed = None;
        for claim in order.claims().iter().filter(|claim| self.settings.counts(claim.state)) {
            match claim.kind {
                ClaimKind::ChargebackService => return Some((causes.chargeback, None)),
                ClaimKind::ChargebackFraud => excluded = Some((causes.chargeback, Some(exclusions.fraud_chargeback))),
                ClaimKind::NotReceived | ClaimKind::NotAsDescribed | ClaimKind::RefundRefused => {
                    claimed = Some((causes.claim, None));
                }
            }
        }
        let feedback = order.feedback.filter(|feedback| feedback.rating <= NEGATIVE).map(|feedback| {
            let exclusion = match feedback.state {
                FeedbackState::Counted => None,
                FeedbackState::Struck => Some(exclusions.feedback_struck),
                FeedbackState::Withdrawn => Some(exclusions.feedback_withdrawn),
                FeedbackState::Removed => Some(exclusions.feedback_removed),
            };
            (causes.negative_feedback, exclusion)
        });
        claimed.or(feedback.filter(|(_, exclusion)| exclusion.is_none())).or(excluded).or(feedback)
    }

    fn cancellation(&self, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        out.mark(counters.orders_self_fulfilled.at(order.placed));
        let Some(Cancellation { by, reason, .. }) = order.cancelled.filter(|_| cancelled_before_shipping(order)) else { return };
        let mark = counters.orders_cancelled.at(order.placed);
        match (by, reason) {
            (_, CancelReason::NotShippedInTime) => out.mark(mark.because(causes.cancelled_unshipped)),
            (Actor::Merchant, CancelReason::BuyerRequest) => {
                out.mark(mark.because(causes.cancelled_by_merchant).excluded_by(self.codes.exclusions.buyer_request));
            }
            (Actor::Merchant, _) => out.mark(mark.because(causes.cancelled_by_merchant)),
            _ => {}
        }
    }

    fn shipping(&self, now: Instant, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        if cancelled_before_shipping(order) {
            return;
        }
        match (order.shipped, order.ship_by) {
            (Some(shipped), ship_by) => {
                out.mark(counters.shipments_due.at(shipped));
                if ship_by.is_some_and(|ship_by| shipped > ship_by) {
                    out.mark(counters.shipments_late.at(shipped).because(causes.shipped_late));
                }
            }
            (None, Some(ship_by)) if now > ship_by => {
                out.mark(counters.shipments_due.at(ship_by));
                out.mark(counters.shipments_late.at(ship_by).because(causes.ship_by_passed));
            }
            (None, Some(ship_by)) => out.revisit(ship_by + 1),
            (None, None) => {}
        }
    }

    fn delivery(&self, now: Instant, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        let (Some(deliver_by), None) = (order.deliver_by, order.cancelled) else { return };
        let units = i64::from(order.units);
        out.mark(counters.units_promised.at(deliver_by).amount(units));
        let late = counters.units_late.at(deliver_by).amount(units);
        match order.delivered {
            Some(delivered) if delivered <= deliver_by => out.mark(counters.units_on_time.at(deliver_by).amount(units)),
            Some(_) => out.mark(late.because(causes.delivered_late)),
            None if now > deliver_by => out.mark(late.because(causes.deliver_by_passed)),
            None => out.revisit(deliver_by + 1),
        }
    }

    fn tracking(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let (Some(deliver_by), Some(_), None) = (order.deliver_by, order.shipped, order.cancelled) else { return };
        out.mark(counters.parcels_shipped.at(deliver_by));
        match order.tracking {
            Tracking::Scanned | Tracking::DeliveredConfirmed => out.mark(counters.parcels_tracked.at(deliver_by)),
            Tracking::None | Tracking::Uploaded => {
                out.mark(counters.parcels_untracked.at(deliver_by).because(self.codes.causes.no_scan));
            }
        }
    }

    fn return_request(&self, now: Instant, request: &ReturnRequest, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        out.mark(counters.returns_requested.at(request.requested));
        let due = request.requested + RETURN_ANSWER_WITHIN;
        let cause = if request.outcome == ReturnOutcome::WronglyRejected {
            Some(causes.wrongly_rejected)
        } else if request.dissatisfied {
            Some(causes.dissatisfied)
        } else {
            self.tardiness(now, due, request.answered, out)
        };
        if let Some(cause) = cause {
            out.mark(counters.returns_dissatisfied.at(request.requested).because(cause));
        }
    }

    fn contact(&self, now: Instant, contact: &Contact, out: &mut Classified) {
        if !contact.answer_owed {
            return;
        }
        let counters = &self.codes.counters;
        out.mark(counters.answers_owed.at(contact.opened));
        if let Some(cause) = self.tardiness(now, contact.opened + ANSWER_WITHIN, contact.first_answer, out) {
            out.mark(counters.answers_late.at(contact.opened).because(cause));
        }
    }

    /// Why an answer due at `due` is late, if it is; asks again when it may become so.
    fn tardiness(&self, now: Instant, due: Instant, answered: Option<Instant>, out: &mut Classified) -> Option<Cause> {
        match answered {
            Some(answered) => (answered > due).then_some(self.codes.causes.answered_late),
            None if now > due => Some(self.codes.causes.not_answered),
            None => {
                out.revisit(due + 1);
                None
            }
        }
    }

    fn violation(&self, violation: &Violation, out: &mut Classified) {
        let (counters, policies, exclusions) = (&self.codes.counters, &self.codes.policies, &self.codes.exclusions);
        let overturned = (violation.state == ViolationState::Overturned).then_some(exclusions.overturned);
        // Resolving gives the points back; the hard caps count what happened, resolved or not.
        let resolved = (violation.state == ViolationState::Resolved).then_some(exclusions.resolved);
        let severity = match violation.severity {
            Severity::Low => counters.violations_low,
            Severity::Medium => counters.violations_medium,
            Severity::High => counters.violations_high,
            Severity::Critical => counters.violations_critical,
        };
        let capped = if policies.intellectual_property.is(violation.policy) {
            Some(counters.violations_of_ip)
        } else if policies.restricted_products.is(violation.policy) {
            Some(counters.violations_restricted)
        } else {
            None
        };
        let marks = [
            (Some(counters.violations), overturned.or(resolved)),
            (Some(severity), overturned.or(resolved)),
            (capped, overturned),
        ];
        for (counter, exclusion) in marks {
            let mark = counter.map(|counter| counter.at(violation.at).because(self.codes.causes.violation));
            match (mark, exclusion) {
                (Some(mark), Some(exclusion)) => out.mark(mark.excluded_by(exclusion)),
                (Some(mark), None) => out.mark(mark),
                (None, _) => {}
            }
        }
    }
}

fn cancelled_before_shipping(order: &Order) -> bool {
    order.cancelled.is_some_and(|cancelled| order.shipped.is_none_or(|shipped| cancelled.at < shipped))
}

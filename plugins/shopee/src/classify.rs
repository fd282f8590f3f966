//! What a fact counts for, and on which day: an order until something goes wrong on the day it was placed, then on the day it did.

use andon_sdk::facts::{
    Actor, CancelReason, ClaimKind, ClaimState, Contact, DAY, FeedbackState, Fulfilment, Instant, Order, ReturnOutcome, Severity,
    Subject, Violation, ViolationState,
};
use andon_sdk::{Cause, Classified, Counter, Exclusion, Mark};

use crate::Shopee;

/// Time allowed to answer a message.
const ANSWER_WITHIN: Instant = DAY;
const BEST: u8 = 5;

/// Why an order is not fulfilled, since when, and what keeps that from counting.
struct Fault {
    at: Instant,
    /// What it is counted in besides unfulfilled orders.
    part: Counter,
    cause: Cause,
    exclusion: Option<Exclusion>,
}

impl Shopee {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(9);
        match subject {
            Subject::Order(order) => {
                self.review(order, &mut out);
                if order.fulfilment == Fulfilment::Merchant {
                    self.fulfilment(order, &mut out);
                    self.shipment(order, &mut out);
                }
            }
            Subject::Contact(contact) => self.contact(now, contact, &mut out),
            Subject::Violation(violation) => self.points(violation, &mut out),
        }
        out
    }

    /// The rate is of unfulfilled orders among those and net orders; a cancelled order that is nobody's fault is neither.
    fn fulfilment(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let faults = self.cancelled(order).into_iter().chain(self.refunded(order));
        // The first that counts; something excluded only where nothing counts.
        let fault = faults.min_by_key(|fault| fault.exclusion.is_some());
        match &fault {
            Some(fault) if fault.exclusion.is_none() => out.mark(counters.orders_judged.at(fault.at)),
            _ if order.cancelled.is_none() => out.mark(counters.orders_judged.at(order.placed)),
            Some(fault) => out.mark(unless(fault.exclusion, counters.orders_judged.at(fault.at))),
            None => {}
        }
        if let Some(fault) = fault {
            for counter in [counters.orders_unfulfilled, fault.part] {
                out.mark(unless(fault.exclusion, counter.at(fault.at).because(fault.cause)));
            }
        }
    }

    /// Out of stock, mispriced or not shipped is the seller's fault even where the buyer was asked to cancel.
    fn cancelled(&self, order: &Order) -> Option<Fault> {
        let (causes, part) = (&self.codes.causes, self.codes.counters.orders_cancelled);
        let cancelled = order.cancelled?;
        let (cause, exclusion) = match (cancelled.by, cancelled.reason) {
            (_, CancelReason::NotShippedInTime) => (causes.auto_cancelled, None),
            (Actor::Merchant, CancelReason::Other) | (_, CancelReason::OutOfStock | CancelReason::PricingError) => {
                (causes.cancelled_by_seller, None)
            }
            (Actor::Merchant, _) => (causes.cancelled_by_seller, Some(self.codes.exclusions.not_sellers_fault)),
            _ => return None,
        };
        Some(Fault { at: cancelled.at, part, cause, exclusion })
    }

    /// Claims and returns that ended with the seller paying.
    fn refunded(&self, order: &Order) -> impl Iterator<Item = Fault> {
        let (causes, part) = (&self.codes.causes, self.codes.counters.orders_refunded);
        let excluded = Some(self.codes.exclusions.not_sellers_fault);
        let is_claim = |kind| !matches!(kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud);
        let claims = order.claims().iter().filter(move |claim| is_claim(claim.kind)).filter_map(move |claim| {
            let exclusion = match claim.state {
                ClaimState::RefundedByMerchant | ClaimState::Granted => None,
                ClaimState::GrantedAtPlatformCost => excluded,
                ClaimState::Open | ClaimState::Denied | ClaimState::Withdrawn => return None,
            };
            Some(Fault { at: claim.closed.unwrap_or(claim.opened), part, cause: causes.claim_refunded, exclusion })
        });
        let refunded = order.returns().iter().filter(|request| request.outcome == ReturnOutcome::Refunded);
        let returns = refunded.map(move |request| {
            let faulty = self.codes.sellers_fault.iter().any(|reason| reason.is(request.reason));
            let exclusion = if faulty { None } else { excluded };
            Fault { at: request.requested, part, cause: causes.return_refunded, exclusion }
        });
        claims.chain(returns)
    }

    /// Only what has shipped is late; what never does is cancelled for it.
    fn shipment(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let Some(shipped) = order.shipped else { return };
        out.mark(counters.shipments.at(shipped));
        out.mark(counters.preparation_seconds.at(shipped).amount((shipped - order.placed).max(0) / 1000));
        if order.ship_by.is_some_and(|ship_by| shipped > ship_by) {
            out.mark(counters.shipments_late.at(shipped).because(self.codes.causes.shipped_late));
        }
    }

    fn review(&self, order: &Order, out: &mut Classified) {
        let (counters, exclusions) = (&self.codes.counters, &self.codes.exclusions);
        let Some(review) = order.feedback else { return };
        let exclusion = match review.state {
            FeedbackState::Counted => None,
            FeedbackState::Struck => Some(exclusions.review_struck),
            FeedbackState::Withdrawn => Some(exclusions.review_withdrawn),
            FeedbackState::Removed => Some(exclusions.review_removed),
        };
        out.mark(unless(exclusion, counters.reviews.at(review.at)));
        out.mark(unless(exclusion, counters.review_stars.at(review.at).amount(i64::from(review.rating))));
        if review.rating < BEST {
            out.mark(unless(exclusion, counters.reviews_imperfect.at(review.at)));
        }
    }

    fn contact(&self, now: Instant, contact: &Contact, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        if !contact.answer_owed {
            return;
        }
        let due = contact.opened + ANSWER_WITHIN;
        let outcome = match contact.first_answer {
            Some(answered) if answered <= due => counters.answers_in_time.at(contact.opened),
            Some(_) => counters.answers_late.at(contact.opened).because(causes.answered_late),
            None if now > due => counters.answers_late.at(contact.opened).because(causes.not_answered),
            None => return out.revisit(due + 1),
        };
        out.mark(counters.answers_owed.at(contact.opened));
        out.mark(outcome);
    }

    /// A violation is an entry in the list of penalty points; its severity says how many.
    fn points(&self, violation: &Violation, out: &mut Classified) {
        let points = match violation.severity {
            Severity::Low => 1,
            Severity::Medium => 2,
            Severity::High => 3,
            Severity::Critical => 4,
        };
        let appealed = (violation.state == ViolationState::Overturned).then_some(self.codes.exclusions.appealed);
        let mark = self.codes.counters.penalty_points.at(violation.at).amount(points).because(self.codes.causes.points_recorded);
        out.mark(unless(appealed, mark));
    }
}

fn unless(exclusion: Option<Exclusion>, mark: Mark) -> Mark {
    match exclusion {
        Some(exclusion) => mark.excluded_by(exclusion),
        None => mark,
    }
}

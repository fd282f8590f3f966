//! What an order counts for, and a message. The README names the rule behind each decision.

use andon_sdk::facts::{
    Actor, CancelReason, Cancellation, ClaimKind, ClaimState, Contact, DAY, Feedback, FeedbackState, Fulfilment, Instant, Order,
    ReturnOutcome, Subject, Tracking,
};
use andon_sdk::{Cause, Classified, Counter, Exclusion, Mark};

use crate::Mirakl;

/// Ratings up to this are evidence of a low mean.
const LOW: u8 = 2;

/// How long an unanswered message is waited for; then it is beyond every window.
const WAITED_FOR: i64 = 30;

const MINUTE: Instant = 60_000;

impl Mirakl {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(14);
        match subject {
            Subject::Order(order) => {
                self.order(order, &mut out);
                if order.fulfilment == Fulfilment::Merchant {
                    self.shipping(now, order, &mut out);
                }
                if let Some(feedback) = &order.feedback {
                    self.rating(feedback, &mut out);
                }
            }
            Subject::Contact(contact) => self.contact(now, contact, &mut out),
            Subject::Violation(_) => {}
        }
        out
    }

    /// An order counts once it is accepted or refused; while it waits, and where the buyer calls it off first, it does not. The
    /// floor of volume counts otherwise: whatever was not cancelled, and a refusal is no cancellation.
    fn order(&self, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        let refused_because = self.refused_because(order);
        if order.cancelled.is_none() || refused_because.is_some() {
            out.mark(counters.not_cancelled.at(order.placed));
        }
        if let Some(accepted) = accepted(order) {
            out.mark(counters.orders.at(order.placed));
            out.mark(counters.accepted.at(order.placed));
            if order.accepted.is_some() {
                out.mark(counters.accept_minutes.at(order.placed).amount((accepted - order.placed).max(0) / MINUTE));
                out.mark(counters.accept_timed.at(order.placed));
            }
            if let Some(mark) = self.incident(order) {
                out.mark(mark);
            }
            if refunded(order) {
                out.mark(counters.refunds.at(order.placed).because(causes.refund));
            }
            return;
        }
        let Some(cause) = refused_because else { return };
        if cause == causes.auto_rejected {
            out.mark(counters.auto_rejected.at(order.placed).because(cause));
        }
        out.mark(counters.orders.at(order.placed));
        out.mark(counters.refused.at(order.placed).because(cause));
    }

    /// Why an order was refused, if it was: by the shop, or by its silence.
    fn refused_because(&self, order: &Order) -> Option<Cause> {
        let causes = &self.codes.causes;
        match order.cancelled {
            _ if accepted(order).is_some() => None,
            Some(Cancellation { by: Actor::Platform, reason: CancelReason::NotShippedInTime, .. }) => Some(causes.auto_rejected),
            Some(Cancellation { by: Actor::Merchant, reason, .. }) if reason != CancelReason::BuyerRequest => {
                Some(causes.refused)
            }
            _ => None,
        }
    }

    /// One incident at most, one that counts before one that does not. Chargebacks go through the payment and are none.
    fn incident(&self, order: &Order) -> Option<Mark> {
        let mark = self.codes.counters.incidents.at(order.placed).because(self.codes.causes.incident);
        let claims =
            || order.claims().iter().filter(|c| !matches!(c.kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud));
        let exclusion = |state| match state {
            ClaimState::Withdrawn => Some(self.codes.exclusions.withdrawn),
            ClaimState::Denied => Some(self.codes.exclusions.decided_for_shop),
            _ => None,
        };
        let counts = claims().any(|claim| exclusion(claim.state).is_none());
        let excluded = claims().find_map(|claim| exclusion(claim.state));
        match (counts, excluded) {
            (true, _) => Some(mark),
            (false, Some(exclusion)) => Some(mark.excluded_by(exclusion)),
            (false, None) => None,
        }
    }

    fn shipping(&self, now: Instant, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        match (order.shipped, order.ship_by) {
            (Some(shipped), ship_by) => {
                out.mark(counters.shipments_due.at(shipped));
                if ship_by.is_some_and(|ship_by| shipped > ship_by) {
                    out.mark(counters.shipments_late.at(shipped).because(causes.shipped_late));
                }
                out.mark(counters.parcels.at(shipped));
                out.mark(match order.tracking {
                    Tracking::None => counters.parcels_untracked.at(shipped).because(causes.no_tracking),
                    Tracking::Uploaded | Tracking::Scanned | Tracking::DeliveredConfirmed => counters.parcels_tracked.at(shipped),
                });
            }
            (None, Some(ship_by)) if order.cancelled.is_none() => {
                if now > ship_by {
                    out.mark(counters.shipments_due.at(ship_by));
                    out.mark(counters.shipments_late.at(ship_by).because(causes.ship_by_passed));
                } else {
                    out.revisit(ship_by + 1);
                }
            }
            (None, _) => {}
        }
    }

    fn rating(&self, feedback: &Feedback, out: &mut Classified) {
        let (counters, exclusions) = (&self.codes.counters, &self.codes.exclusions);
        let exclusion = match feedback.state {
            FeedbackState::Counted => None,
            FeedbackState::Struck => Some(exclusions.feedback_struck),
            FeedbackState::Withdrawn => Some(exclusions.feedback_withdrawn),
            FeedbackState::Removed => Some(exclusions.feedback_removed),
        };
        let mut add = |mark: Mark| out.mark(exclusion.map_or(mark, |exclusion: Exclusion| mark.excluded_by(exclusion)));
        let at = |counter: Counter| counter.at(feedback.at);
        add(at(counters.ratings));
        add(at(counters.stars).amount(i64::from(feedback.rating)));
        if feedback.rating <= LOW {
            add(at(counters.ratings_low).because(self.codes.causes.rated_low));
        }
    }

    /// A message that waits counts from the first day on, by whole days, and is asked about again as each of them ends.
    fn contact(&self, now: Instant, contact: &Contact, out: &mut Classified) {
        if !contact.answer_owed {
            return;
        }
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        let (waited, slow) = match contact.first_answer {
            Some(answered) => {
                let waited = (answered - contact.opened).max(0);
                (waited, (waited > DAY).then_some(causes.answered_late))
            }
            None => {
                let whole_days = (now - contact.opened).max(0) / DAY;
                if whole_days < WAITED_FOR {
                    out.revisit(contact.opened + (whole_days + 1) * DAY);
                }
                if whole_days == 0 {
                    return;
                }
                (whole_days.min(WAITED_FOR) * DAY, Some(causes.not_answered))
            }
        };
        out.mark(counters.answers_owed.at(contact.opened));
        out.mark(counters.answer_minutes.at(contact.opened).amount(waited / MINUTE));
        if let Some(cause) = slow {
            out.mark(counters.answers_slow.at(contact.opened).because(cause));
        }
    }
}

/// When an order was accepted; shipping it says so too.
fn accepted(order: &Order) -> Option<Instant> {
    order.accepted.or(order.shipped)
}

fn refunded(order: &Order) -> bool {
    let claimed = order.claims().iter().any(|c| matches!(c.state, ClaimState::RefundedByMerchant | ClaimState::Granted));
    claimed || order.returns().iter().any(|request| request.outcome == ReturnOutcome::Refunded)
}

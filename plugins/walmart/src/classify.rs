//! What a fact counts for, and on which day. What is not decided yet counts on neither side of a rate.

use andon_sdk::facts::{
    Actor, CancelReason, ClaimKind, ClaimState, Contact, FeedbackState, Fulfilment, HOUR, Instant, Order, ReturnOutcome,
    ReturnRequest, Subject, Tracking,
};
use andon_sdk::{Cause, Classified, Exclusion, Mark};

use crate::Walmart;

/// Time allowed to answer a message, and for a parcel's first scan.
const ANSWER_WITHIN: Instant = 48 * HOUR;
const SCAN_WITHIN: Instant = 48 * HOUR;

/// Ratings up to this are negative.
const NEGATIVE: u8 = 2;

/// What an order is held against its seller for, and what keeps it from counting.
type Fault = (Cause, Option<Exclusion>);

impl Walmart {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(12);
        match subject {
            Subject::Order(order) => {
                let own = order.fulfilment == Fulfilment::Merchant;
                if own || self.settings.feedback_on_platform_fulfilled {
                    self.rating(order, &mut out);
                }
                if own {
                    self.whole_order(order, &mut out);
                    self.delivery(now, order, &mut out);
                    self.tracking(now, order, &mut out);
                    self.sent_back(order, &mut out);
                }
            }
            Subject::Contact(contact) => self.contact(now, contact, &mut out),
            Subject::Violation(_) => {}
        }
        out
    }

    /// Of an item review and a seller review the lower one counts.
    fn rating(&self, order: &Order, out: &mut Classified) {
        let (counters, exclusions) = (&self.codes.counters, &self.codes.exclusions);
        out.mark(counters.orders_sold.at(order.placed));
        let Some(feedback) = order.feedback else { return };
        if feedback.as_described.map_or(feedback.rating, |item| item.min(feedback.rating)) > NEGATIVE {
            return;
        }
        let exclusion = match feedback.state {
            FeedbackState::Counted => None,
            FeedbackState::Struck => Some(exclusions.feedback_struck),
            FeedbackState::Withdrawn => Some(exclusions.feedback_withdrawn),
            FeedbackState::Removed => Some(exclusions.feedback_removed),
        };
        out.mark(held(counters.orders_rated_low.at(order.placed), (self.codes.causes.low_rating, exclusion)));
    }

    /// What is counted over all orders that the merchant ships, on the day they were placed.
    fn whole_order(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        out.mark(counters.orders.at(order.placed));
        let faults = [
            (counters.orders_cancelled, self.cancelled(order)),
            (counters.orders_refunded, self.refunded(order)),
            (counters.orders_not_received, self.not_received(order)),
        ];
        for (counter, fault) in faults {
            if let Some(fault) = fault {
                out.mark(held(counter.at(order.placed), fault));
            }
        }
    }

    fn cancelled(&self, order: &Order) -> Option<Fault> {
        let causes = &self.codes.causes;
        let cancelled = order.cancelled.filter(|c| order.shipped.is_none_or(|shipped| c.at < shipped))?;
        let exclusion = match (cancelled.by, cancelled.reason) {
            (_, CancelReason::NotShippedInTime) => return Some((causes.auto_cancelled, None)),
            (Actor::Merchant, CancelReason::OutOfStock | CancelReason::PricingError | CancelReason::Other) => None,
            (Actor::Merchant, _) => Some(self.codes.exclusions.not_accountable),
            _ => return None,
        };
        Some((causes.cancelled_by_seller, exclusion))
    }

    /// A refund that counts before one that does not.
    fn refunded(&self, order: &Order) -> Option<Fault> {
        let (causes, not_accountable) = (&self.codes.causes, Some(self.codes.exclusions.not_accountable));
        let claims = order.claims().iter().filter(|claim| !is_chargeback(claim.kind)).filter_map(|claim| match claim.state {
            ClaimState::RefundedByMerchant | ClaimState::Granted => Some((causes.claim_refunded, None)),
            ClaimState::GrantedAtPlatformCost => Some((causes.claim_refunded, not_accountable)),
            ClaimState::Open | ClaimState::Denied | ClaimState::Withdrawn => None,
        });
        let returns = order.returns().iter().filter(|request| request.outcome == ReturnOutcome::Refunded).map(|request| {
            let accountable = self.codes.return_reasons.accountable.iter().any(|reason| reason.is(request.reason));
            (causes.return_refunded, if accountable { None } else { not_accountable })
        });
        worst(claims.chain(returns))
    }

    fn not_received(&self, order: &Order) -> Option<Fault> {
        let (cause, dismissed) = (self.codes.causes.not_received, Some(self.codes.exclusions.claim_dismissed));
        let claims = order.claims().iter().filter(|claim| claim.kind == ClaimKind::NotReceived).map(|claim| match claim.state {
            ClaimState::Denied | ClaimState::Withdrawn => (cause, dismissed),
            ClaimState::Open | ClaimState::RefundedByMerchant | ClaimState::Granted | ClaimState::GrantedAtPlatformCost => {
                (cause, None)
            }
        });
        let returns = order.returns().iter().filter(|request| self.never_arrived(request)).map(|_| (cause, None));
        worst(claims.chain(returns))
    }

    fn never_arrived(&self, request: &ReturnRequest) -> bool {
        self.codes.return_reasons.never_arrived.iter().any(|reason| reason.is(request.reason))
    }

    fn delivery(&self, now: Instant, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        let (Some(deliver_by), None) = (order.deliver_by, order.cancelled) else { return };
        let outcome = match order.delivered {
            Some(delivered) if delivered <= deliver_by => counters.deliveries_on_time.at(deliver_by),
            Some(_) => counters.deliveries_late.at(deliver_by).because(causes.delivered_late),
            None if now > deliver_by => counters.deliveries_late.at(deliver_by).because(causes.deliver_by_passed),
            None => return out.revisit(deliver_by + 1),
        };
        out.mark(counters.deliveries_due.at(deliver_by));
        out.mark(outcome);
    }

    fn tracking(&self, now: Instant, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let (Some(shipped), None) = (order.shipped, order.cancelled) else { return };
        let outcome = match order.tracking {
            Tracking::Scanned | Tracking::DeliveredConfirmed => counters.parcels_tracked.at(shipped),
            Tracking::None | Tracking::Uploaded if now > shipped + SCAN_WITHIN => {
                counters.parcels_untracked.at(shipped).because(self.codes.causes.no_scan)
            }
            Tracking::None | Tracking::Uploaded => return out.revisit(shipped + SCAN_WITHIN + 1),
        };
        out.mark(counters.parcels_shipped.at(shipped));
        out.mark(outcome);
    }

    /// Of delivered orders, those that customers send back for whatever reason; a refused request sends nothing back.
    fn sent_back(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let Some(delivered) = order.delivered else { return };
        out.mark(counters.orders_delivered.at(delivered));
        let returned = |request: &ReturnRequest| request.outcome != ReturnOutcome::Rejected && !self.never_arrived(request);
        if order.returns().iter().any(returned) {
            out.mark(counters.orders_returned.at(delivered).because(self.codes.causes.returned));
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
}

fn held(mark: Mark, (cause, exclusion): Fault) -> Mark {
    let mark = mark.because(cause);
    match exclusion {
        Some(exclusion) => mark.excluded_by(exclusion),
        None => mark,
    }
}

/// The first that counts; something excluded only where nothing counts.
fn worst(faults: impl Iterator<Item = Fault>) -> Option<Fault> {
    faults.min_by_key(|(_, exclusion)| exclusion.is_some())
}

fn is_chargeback(kind: ClaimKind) -> bool {
    matches!(kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud)
}

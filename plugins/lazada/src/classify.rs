//! What a fact counts for, and on which day. Items count on the day they were ordered.

use andon_sdk::facts::{Actor, CancelReason, FeedbackState, Fulfilment, Instant, Order, ReturnOutcome, Subject};
use andon_sdk::{Cause, Classified, Exclusion, Mark};

use crate::Lazada;

/// Ratings from this on are positive.
const POSITIVE: u8 = 4;

/// What items are held against their seller for, and what keeps them from counting.
type Fault = (Cause, Option<Exclusion>);

impl Lazada {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(8);
        if let Subject::Order(order) = subject {
            out.mark(self.codes.counters.orders.at(order.placed));
            self.rating(order, &mut out);
            if order.fulfilment == Fulfilment::Merchant {
                self.items(order, &mut out);
                self.shipping(now, order, &mut out);
            }
        }
        out
    }

    fn items(&self, order: &Order, out: &mut Classified) {
        let (counters, units) = (&self.codes.counters, i64::from(order.units));
        out.mark(counters.items_ordered.at(order.placed).amount(units));
        for (counter, fault) in
            [(counters.items_cancelled, self.cancelled(order)), (counters.items_returned, self.returned(order))]
        {
            if let Some((cause, exclusion)) = fault {
                out.mark(unless(exclusion, counter.at(order.placed).amount(units).because(cause)));
            }
        }
    }

    /// By the seller, or by Lazada for not being handed over in time.
    fn cancelled(&self, order: &Order) -> Option<Fault> {
        let causes = &self.codes.causes;
        let cancelled = order.cancelled?;
        match (cancelled.by, cancelled.reason) {
            (_, CancelReason::NotShippedInTime) => Some((causes.auto_cancelled, None)),
            (Actor::Merchant, CancelReason::OutOfStock | CancelReason::PricingError | CancelReason::Other) => {
                Some((causes.cancelled_by_seller, None))
            }
            (Actor::Merchant, _) => Some((causes.cancelled_by_seller, Some(self.codes.exclusions.not_sellers_fault))),
            _ => None,
        }
    }

    /// Sent back and refunded or replaced; for a reason of the seller's before any other.
    fn returned(&self, order: &Order) -> Option<Fault> {
        let done = |outcome| matches!(outcome, ReturnOutcome::Refunded | ReturnOutcome::Replaced);
        let returns = order.returns().iter().filter(|request| done(request.outcome)).map(|request| {
            let faulty = self.codes.sellers_fault.iter().any(|reason| reason.is(request.reason));
            (self.codes.causes.returned, (!faulty).then_some(self.codes.exclusions.not_sellers_fault))
        });
        returns.min_by_key(|(_, exclusion)| exclusion.is_some())
    }

    /// Ratings count on the day they were left.
    fn rating(&self, order: &Order, out: &mut Classified) {
        let (counters, exclusions) = (&self.codes.counters, &self.codes.exclusions);
        let Some(rating) = order.feedback else { return };
        let exclusion = match rating.state {
            FeedbackState::Counted => None,
            FeedbackState::Struck => Some(exclusions.rating_struck),
            FeedbackState::Withdrawn => Some(exclusions.rating_withdrawn),
            FeedbackState::Removed => Some(exclusions.rating_removed),
        };
        let kind = if rating.rating >= POSITIVE { counters.ratings_positive } else { counters.ratings_not_positive };
        out.mark(unless(exclusion, counters.ratings.at(rating.at)));
        out.mark(unless(exclusion, kind.at(rating.at)));
    }

    /// Shipments count on the promised day, once they are made or late.
    fn shipping(&self, now: Instant, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        let (Some(ship_by), None) = (order.ship_by, order.cancelled) else { return };
        let outcome = match order.shipped {
            Some(shipped) if shipped <= ship_by => counters.shipments_on_time.at(ship_by),
            Some(_) => counters.shipments_late.at(ship_by).because(causes.shipped_late),
            None if now > ship_by => counters.shipments_late.at(ship_by).because(causes.ship_by_passed),
            None => return out.revisit(ship_by + 1),
        };
        out.mark(counters.shipments_due.at(ship_by));
        out.mark(outcome);
    }
}

fn unless(exclusion: Option<Exclusion>, mark: Mark) -> Mark {
    match exclusion {
        Some(exclusion) => mark.excluded_by(exclusion),
        None => mark,
    }
}

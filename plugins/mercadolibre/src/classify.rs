//! What a sale counts for. Everything is dated when the sale was made. The README names the rule behind each decision.

use andon_sdk::facts::{Actor, CancelReason, Cancellation, ClaimKind, ClaimState, Fulfilment, Instant, Order, Subject};
use andon_sdk::{Cause, Classified, Counter, Exclusion};

use crate::MercadoLibre;

/// What a sale is held against its seller for, and what keeps it from counting.
type Fault = (Cause, Option<Exclusion>);

impl MercadoLibre {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(4);
        if let Subject::Order(order) = subject {
            let counters = &self.codes.counters;
            out.mark(counters.sales.at(order.placed));
            let mut fault = |counter: Counter, fault: Option<Fault>| {
                if let Some((cause, exclusion)) = fault {
                    let mark = counter.at(order.placed).because(cause);
                    out.mark(exclusion.map_or(mark, |exclusion| mark.excluded_by(exclusion)));
                }
            };
            fault(counters.claims, self.claim(order));
            fault(counters.cancellations, order.cancelled.and_then(|cancellation| self.cancellation(cancellation)));
            if order.fulfilment == Fulfilment::Merchant {
                fault(counters.dispatches_late, self.late(now, order));
                if let Some(ship_by) = awaited(order).filter(|ship_by| now <= *ship_by) {
                    out.revisit(ship_by + 1);
                }
            }
        }
        out
    }

    /// One claim at most, one that counts before one that does not. Chargebacks go through the payment and are no claims.
    fn claim(&self, order: &Order) -> Option<Fault> {
        let (claim, exclusions) = (self.codes.causes.claim, &self.codes.exclusions);
        let mut excluded = None;
        for opened in order.claims() {
            if matches!(opened.kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud) {
                continue;
            }
            let exclusion = match opened.state {
                ClaimState::Open | ClaimState::RefundedByMerchant | ClaimState::Granted => return Some((claim, None)),
                ClaimState::GrantedAtPlatformCost => exclusions.covered_by_platform,
                ClaimState::Denied => exclusions.decided_for_seller,
                ClaimState::Withdrawn => exclusions.claim_withdrawn,
            };
            excluded = Some((claim, Some(exclusion)));
        }
        excluded
    }

    fn cancellation(&self, Cancellation { by, reason, .. }: Cancellation) -> Option<Fault> {
        let causes = &self.codes.causes;
        match (by, reason) {
            (Actor::Merchant | Actor::Platform, CancelReason::NotShippedInTime) => Some((causes.cancelled_undispatched, None)),
            (
                Actor::Merchant,
                CancelReason::BuyerRequest | CancelReason::Unpaid | CancelReason::FraudHold | CancelReason::PlatformError,
            ) => Some((causes.cancelled_by_seller, Some(self.codes.exclusions.not_the_sellers_choice))),
            (Actor::Merchant, _) | (Actor::Platform, CancelReason::OutOfStock) => Some((causes.cancelled_by_seller, None)),
            _ => None,
        }
    }

    fn late(&self, now: Instant, order: &Order) -> Option<Fault> {
        let causes = &self.codes.causes;
        let cause = match (order.shipped, order.ship_by) {
            (Some(shipped), Some(ship_by)) if shipped > ship_by => causes.dispatched_late,
            _ if awaited(order).is_some_and(|ship_by| now > ship_by) => causes.dispatch_overdue,
            _ => return None,
        };
        let excused = order.incidents().iter().any(|i| matches!(i.responsible, Actor::Carrier | Actor::Platform));
        Some((cause, excused.then_some(self.codes.exclusions.not_the_sellers_delay)))
    }
}

/// When a sale that is still to be dispatched must be.
fn awaited(order: &Order) -> Option<Instant> {
    order.ship_by.filter(|_| order.shipped.is_none() && order.cancelled.is_none())
}

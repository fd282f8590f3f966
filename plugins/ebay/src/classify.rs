//! What a fact counts for. Everything is dated when the transaction was made, and nothing changes by time alone.

use andon_sdk::facts::{Actor, CancelReason, Cancellation, ClaimKind, ClaimState, Fulfilment, Order, Subject, Tracking};
use andon_sdk::{Cause, Classified, Exclusion};

use crate::Ebay;

/// What a transaction is held against its seller for, and what keeps it from counting.
type Fault = (Cause, Option<Exclusion>);

impl Ebay {
    pub(crate) fn marks_of(&self, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(4);
        if let Subject::Order(order) = subject {
            let counters = &self.codes.counters;
            out.mark(counters.transactions.at(order.placed));
            if order.cancelled.is_none() {
                out.mark(counters.sales.at(order.placed).amount(order.amount));
            }
            self.defects(order, &mut out);
            if order.fulfilment == Fulfilment::Merchant && order.cancelled.is_none() {
                self.shipping(order, &mut out);
            }
        }
        out
    }

    fn defects(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let case = self.case(order);
        for (counter, fault) in [(counters.cases_unresolved, case), (counters.transactions_defective, self.worst(order, case))] {
            match fault {
                Some((cause, None)) => out.mark(counter.at(order.placed).because(cause)),
                Some((cause, Some(exclusion))) => out.mark(counter.at(order.placed).because(cause).excluded_by(exclusion)),
                None => {}
            }
        }
    }

    /// One defect at most: something that counts before something excluded, a case before a cancellation.
    fn worst(&self, order: &Order, case: Option<Fault>) -> Option<Fault> {
        let cancelled = order.cancelled.and_then(|cancellation| self.cancelled(cancellation));
        let counts = |fault: &Fault| fault.1.is_none();
        case.filter(counts).or(cancelled.filter(counts)).or(case).or(cancelled)
    }

    /// A case that was closed without the seller resolving it. Chargebacks go through the payment provider and are no cases.
    fn case(&self, order: &Order) -> Option<Fault> {
        let mut won = None;
        for claim in order.claims() {
            if matches!(claim.kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud) {
                continue;
            }
            match claim.state {
                ClaimState::Granted | ClaimState::GrantedAtPlatformCost => {
                    return Some((self.codes.causes.case_unresolved, None));
                }
                ClaimState::Denied => {
                    won = Some((self.codes.causes.case_unresolved, Some(self.codes.exclusions.decided_for_seller)));
                }
                ClaimState::Open | ClaimState::RefundedByMerchant | ClaimState::Withdrawn => {}
            }
        }
        won
    }

    fn cancelled(&self, cancellation: Cancellation) -> Option<Fault> {
        let exclusions = &self.codes.exclusions;
        let exclusion = match cancellation.reason {
            CancelReason::OutOfStock => return Some((self.codes.causes.cancelled_by_seller, None)),
            CancelReason::BuyerRequest => Some(exclusions.buyer_request),
            CancelReason::Unpaid => Some(exclusions.unpaid),
            CancelReason::PlatformError => Some(exclusions.site_fault),
            CancelReason::FraudHold => Some(exclusions.told_to_hold),
            CancelReason::PricingError
            | CancelReason::NotShippedInTime
            | CancelReason::UndeliverableAddress
            | CancelReason::Other => None,
        };
        (cancellation.by == Actor::Merchant).then_some((self.codes.causes.cancelled_by_seller, exclusion))
    }

    /// On time by a scan within the handling time or by delivery within the estimate; late only where tracking shows it;
    /// without evidence neither.
    fn shipping(&self, order: &Order, out: &mut Classified) {
        let scanned = matches!(order.tracking, Tracking::Scanned | Tracking::DeliveredConfirmed);
        let by = |done: Option<i64>, promised: Option<i64>| done.zip(promised).map(|(done, promised)| done <= promised);
        let (shipped, delivered) = (by(order.shipped, order.ship_by), by(order.delivered, order.deliver_by));
        let late = match (shipped.filter(|_| scanned), delivered) {
            (Some(true), _) | (_, Some(true)) => false,
            (_, Some(false)) => true,
            // Scanned too late, and no estimate by which delivery could still make it good.
            (Some(false), None) if order.deliver_by.is_none() => true,
            _ => return,
        };
        let counters = &self.codes.counters;
        let excused = order.incidents().iter().any(|i| matches!(i.responsible, Actor::Carrier | Actor::Platform));
        out.mark(counters.shipments_judged.at(order.placed));
        if late {
            let mark = counters.shipments_late.at(order.placed).because(self.codes.causes.tracking_shows_late);
            out.mark(if excused { mark.excluded_by(self.codes.exclusions.not_the_sellers_delay) } else { mark });
        }
    }
}

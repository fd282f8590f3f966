//! What a fact counts for, and on which day. What is not decided yet counts on neither side of a rate.

use andon_sdk::facts::{ClaimKind, ClaimState, Contact, FeedbackState, Fulfilment, HOUR, Instant, Order, Subject, Tracking};
use andon_sdk::{Cause, Classified, Exclusion, Mark};

use crate::Etsy;

/// Reviews up to this are dissatisfied, and up to that low.
const DISSATISFIED: u8 = 2;
const LOW: u8 = 3;
const BEST: u8 = 5;

/// What an order is held against its shop for, and what keeps it from counting.
type Fault = (Cause, Option<Exclusion>);

impl Etsy {
    pub(crate) fn marks_of(&self, now: Instant, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(12);
        match subject {
            Subject::Order(order) => {
                self.whole_order(order, &mut out);
                self.review(order, &mut out);
                if order.fulfilment == Fulfilment::Merchant {
                    self.shipping(now, order, &mut out);
                }
            }
            Subject::Contact(contact) => self.contact(now, contact, &mut out),
            Subject::Violation(_) => {}
        }
        out
    }

    /// What is counted on the day the order was placed.
    fn whole_order(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        out.mark(counters.orders.at(order.placed));
        if order.cancelled.is_none() {
            out.mark(counters.sales.at(order.placed).amount(order.amount));
        }
        if order.shipped.is_some() {
            out.mark(counters.orders_completed.at(order.placed));
        }
        let faults = [(counters.orders_dissatisfied, self.dissatisfied(order)), (counters.cases_refunded, self.refunded(order))];
        for (counter, fault) in faults {
            if let Some((cause, exclusion)) = fault {
                out.mark(unless(exclusion, counter.at(order.placed).because(cause)));
            }
        }
    }

    /// A case or a review of 1 or 2, the case first; something excluded only where nothing counts.
    fn dissatisfied(&self, order: &Order) -> Option<Fault> {
        let (causes, exclusions) = (&self.codes.causes, &self.codes.exclusions);
        let cases = order.claims().iter().filter(|claim| is_case(claim.kind)).map(|claim| match claim.state {
            ClaimState::Denied | ClaimState::Withdrawn => (causes.case, Some(exclusions.case_dismissed)),
            ClaimState::Open | ClaimState::RefundedByMerchant | ClaimState::Granted | ClaimState::GrantedAtPlatformCost => {
                (causes.case, None)
            }
        });
        let review = order.feedback.filter(|review| review.rating <= DISSATISFIED);
        worst(cases.chain(review.map(|review| (causes.low_review, self.uncounted(review.state)))))
    }

    /// A case that was refunded out of the shop's own account.
    fn refunded(&self, order: &Order) -> Option<Fault> {
        let cause = self.codes.causes.case_refunded;
        let cases = order.claims().iter().filter(|claim| is_case(claim.kind)).filter_map(|claim| match claim.state {
            ClaimState::RefundedByMerchant | ClaimState::Granted => Some((cause, None)),
            ClaimState::GrantedAtPlatformCost => Some((cause, Some(self.codes.exclusions.at_platform_cost))),
            ClaimState::Open | ClaimState::Denied | ClaimState::Withdrawn => None,
        });
        worst(cases)
    }

    /// Reviews count on the day they were left.
    fn review(&self, order: &Order, out: &mut Classified) {
        let counters = &self.codes.counters;
        let Some(review) = order.feedback else { return };
        let exclusion = self.uncounted(review.state);
        out.mark(unless(exclusion, counters.reviews.at(review.at)));
        out.mark(unless(exclusion, counters.review_stars.at(review.at).amount(i64::from(review.rating))));
        if review.rating < BEST {
            out.mark(unless(exclusion, counters.reviews_imperfect.at(review.at)));
        }
        if review.rating <= LOW {
            out.mark(unless(exclusion, counters.reviews_low.at(review.at).because(self.codes.causes.low_review)));
        }
    }

    fn uncounted(&self, state: FeedbackState) -> Option<Exclusion> {
        let exclusions = &self.codes.exclusions;
        match state {
            FeedbackState::Counted => None,
            FeedbackState::Struck => Some(exclusions.review_struck),
            FeedbackState::Withdrawn => Some(exclusions.review_withdrawn),
            FeedbackState::Removed => Some(exclusions.review_removed),
        }
    }

    /// Shipments count on the day they were promised for, and without a promise on the day they were made.
    fn shipping(&self, now: Instant, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        if order.cancelled.is_some_and(|cancelled| order.shipped.is_none_or(|shipped| cancelled.at < shipped)) {
            return;
        }
        let (day, late) = match (order.shipped, order.ship_by) {
            (Some(shipped), Some(ship_by)) => (ship_by, (shipped > ship_by).then_some(causes.shipped_late)),
            (Some(shipped), None) => (shipped, None),
            (None, Some(ship_by)) if now > ship_by => (ship_by, Some(causes.ship_by_passed)),
            (None, Some(ship_by)) => return out.revisit(ship_by + 1),
            (None, None) => return,
        };
        out.mark(counters.shipments_due.at(day));
        out.mark(match late {
            Some(cause) => counters.shipments_late.at(day).because(cause),
            None => counters.shipments_on_time.at(day),
        });
        let tracked = matches!(order.tracking, Tracking::Scanned | Tracking::DeliveredConfirmed);
        out.mark(match late.or((!tracked).then_some(causes.no_scan)) {
            Some(cause) => counters.shipments_short_of_star.at(day).because(cause),
            None => counters.shipments_tracked.at(day),
        });
    }

    /// A first message is to be answered within 48 hours, and by a Star Seller within 24.
    fn contact(&self, now: Instant, contact: &Contact, out: &mut Classified) {
        let (counters, causes) = (&self.codes.counters, &self.codes.causes);
        if !contact.answer_owed {
            return;
        }
        for (answers, within) in [(&counters.answers_24, 24 * HOUR), (&counters.answers_48, 48 * HOUR)] {
            let due = contact.opened + within;
            let outcome = match contact.first_answer {
                Some(answered) if answered <= due => answers.in_time.at(contact.opened),
                Some(_) => answers.late.at(contact.opened).because(causes.answered_late),
                None if now > due => answers.late.at(contact.opened).because(causes.not_answered),
                None => {
                    out.revisit(due + 1);
                    continue;
                }
            };
            out.mark(answers.owed.at(contact.opened));
            out.mark(outcome);
        }
    }
}

fn unless(exclusion: Option<Exclusion>, mark: Mark) -> Mark {
    match exclusion {
        Some(exclusion) => mark.excluded_by(exclusion),
        None => mark,
    }
}

/// The first that counts; something excluded only where nothing counts.
fn worst(faults: impl Iterator<Item = Fault>) -> Option<Fault> {
    faults.min_by_key(|(_, exclusion)| exclusion.is_some())
}

/// Card chargebacks go through payments and are no cases.
fn is_case(kind: ClaimKind) -> bool {
    !matches!(kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud)
}

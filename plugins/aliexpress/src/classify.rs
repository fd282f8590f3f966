//! What a rating counts for, an order, and a violation. That a buyer's second rating in ten days does not count is the quota's
//! affair.

use andon_sdk::facts::{
    Actor, CancelReason, ClaimKind, ClaimState, DAY, Feedback, FeedbackState, Instant, Order, Severity, Subject, Violation,
    ViolationState,
};
use andon_sdk::{Classified, Exclusion, Mark};

use crate::AliExpress;
use crate::manifest::Dimension;

/// A buyer may rate for so long after delivery.
const RATE_WITHIN: Instant = 30 * DAY;

/// Ratings from here up are positive, and up to here negative.
const POSITIVE: u8 = 4;
const NEGATIVE: u8 = 2;

/// Marks up to these are defects: overall and as described, and of shipping, over which a seller has little control.
const QUALITY_DEFECT: u8 = 3;
const SHIPPING_DEFECT: u8 = 1;

impl AliExpress {
    pub(crate) fn marks_of(&self, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(16);
        match subject {
            Subject::Order(order) => {
                self.order(order, &mut out);
                if let Some(feedback) = &order.feedback {
                    self.rating(order, feedback, &mut out);
                }
            }
            Subject::Violation(violation) => self.violation(violation, &mut out),
            Subject::Contact(_) => {}
        }
        out
    }

    fn order(&self, order: &Order, out: &mut Classified) {
        let (counters, causes) = (&self.codes.orders, &self.codes.causes);
        out.mark(counters.orders.at(order.placed));
        let never_shipped = order.cancelled.is_some_and(|cancelled| {
            order.shipped.is_none()
                && match cancelled.reason {
                    CancelReason::NotShippedInTime => cancelled.by != Actor::Buyer,
                    CancelReason::OutOfStock => true,
                    CancelReason::PricingError | CancelReason::Other => cancelled.by == Actor::Merchant,
                    _ => false,
                }
        });
        if never_shipped {
            out.mark(counters.unshipped.at(order.placed).because(causes.not_shipped));
        }
        if let Some(shipped) = order.shipped {
            out.mark(counters.shipped.at(shipped));
            if let Some(mark) = self.dispute(order, shipped) {
                out.mark(mark);
            }
        }
    }

    /// One request for a refund at most, one that stands before one that was withdrawn.
    fn dispute(&self, order: &Order, shipped: Instant) -> Option<Mark> {
        let (disputed, causes) = (self.codes.orders.disputed.at(shipped), &self.codes.causes);
        let claims =
            || order.claims().iter().filter(|c| !matches!(c.kind, ClaimKind::ChargebackService | ClaimKind::ChargebackFraud));
        let cause = |kind| if kind == ClaimKind::NotReceived { causes.not_received } else { causes.other_refund };
        let standing =
            claims().find(|claim| claim.state != ClaimState::Withdrawn).map(|claim| disputed.because(cause(claim.kind)));
        let returned = order.returns().first().map(|_| disputed.because(causes.other_refund));
        let withdrawn =
            claims().next().map(|claim| disputed.because(cause(claim.kind)).excluded_by(self.codes.exclusions.withdrawn));
        standing.or(returned).or(withdrawn)
    }

    fn rating(&self, order: &Order, feedback: &Feedback, out: &mut Classified) {
        let (codes, at) = (&self.codes, feedback.at);
        let exclusion = self.exclusion(order, feedback);
        let mut add = |mark: Mark| out.mark(exclusion.map_or(mark, |exclusion| mark.excluded_by(exclusion)));
        let (counters, causes) = (&codes.feedback, &codes.causes);
        add(counters.rated.at(at));
        if feedback.rating >= POSITIVE {
            add(counters.score.at(at));
            add(counters.decided.at(at));
            add(counters.positive.at(at));
        } else if feedback.rating <= NEGATIVE {
            add(counters.score.at(at).amount(-1));
            add(counters.decided.at(at));
            add(counters.negative.at(at).because(causes.negative));
        }
        if feedback.as_described.is_some_and(|mark| mark <= QUALITY_DEFECT) {
            add(counters.quality_defects.at(at).because(causes.described_low));
        } else if feedback.rating <= QUALITY_DEFECT {
            add(counters.quality_defects.at(at).because(causes.overall_low));
        }
        if let Some(mark) = feedback.delivery {
            add(counters.shipping_rated.at(at));
            if mark <= SHIPPING_DEFECT {
                add(counters.shipping_defects.at(at).because(causes.shipping_low));
            }
        }
        for (dimension, mark) in
            [(&codes.described, feedback.as_described), (&codes.service, feedback.service), (&codes.shipping, feedback.delivery)]
        {
            let Dimension { marks, ratings, .. } = dimension;
            if let Some(mark) = mark {
                add(marks.at(at).amount(i64::from(mark)));
                add(ratings.at(at));
            }
        }
    }

    /// Why a rating is shown and does not count, if it does not.
    fn exclusion(&self, order: &Order, feedback: &Feedback) -> Option<Exclusion> {
        let exclusions = &self.codes.exclusions;
        let disputed = order.claims().iter().any(|c| c.kind == ClaimKind::NotReceived && c.state != ClaimState::Withdrawn)
            || !order.returns().is_empty();
        match feedback.state {
            FeedbackState::Struck => Some(exclusions.feedback_struck),
            FeedbackState::Withdrawn => Some(exclusions.feedback_withdrawn),
            FeedbackState::Removed => Some(exclusions.feedback_removed),
            FeedbackState::Counted if order.amount < self.settings.least_value => Some(exclusions.low_value),
            FeedbackState::Counted if disputed => Some(exclusions.disputed),
            FeedbackState::Counted => order
                .delivered
                .is_some_and(|delivered| feedback.at > delivered + RATE_WITHIN)
                .then_some(exclusions.rated_too_late),
        }
    }

    fn violation(&self, violation: &Violation, out: &mut Classified) {
        if violation.severity != Severity::Critical {
            return;
        }
        let mark = self.codes.severe.at(violation.at).because(self.codes.causes.violation);
        let overturned = violation.state == ViolationState::Overturned;
        out.mark(if overturned { mark.excluded_by(self.codes.exclusions.overturned) } else { mark });
    }
}

//! What a rating counts for, and a violation. Both are looked at one at a time; that a buyer's fourth rating of a month does not
//! count is the quota's affair.

use andon_sdk::facts::{DAY, Feedback, FeedbackState, Instant, Order, Severity, Subject, Violation, ViolationState};
use andon_sdk::{Classified, Exclusion};

use crate::Taobao;
use crate::manifest::Dimension;

/// A buyer may rate for so long after the transaction succeeded.
const RATE_WITHIN: Instant = 15 * DAY;

/// Marks up to this one are shown as evidence of a low mean.
const LOW: u8 = 2;

impl Taobao {
    pub(crate) fn marks_of(&self, subject: &Subject) -> Classified {
        let mut out = Classified::with_room(9);
        match subject {
            Subject::Order(order) => {
                if let Some(feedback) = &order.feedback {
                    self.rating(order, feedback, &mut out);
                }
            }
            Subject::Violation(violation) => self.violation(violation, &mut out),
            Subject::Contact(_) => {}
        }
        out
    }

    fn rating(&self, order: &Order, feedback: &Feedback, out: &mut Classified) {
        // Where the host has heard of no delivery, the rating itself shows that the transaction had succeeded.
        let succeeded = order.delivered.unwrap_or(feedback.at);
        let exclusion = self.exclusion(succeeded, feedback);
        let codes = &self.codes;
        self.dimension(&codes.described, feedback.as_described, succeeded, exclusion, out);
        self.dimension(&codes.service, feedback.service, succeeded, exclusion, out);
        self.dimension(&codes.logistics, feedback.delivery, succeeded, exclusion, out);
    }

    fn exclusion(&self, succeeded: Instant, feedback: &Feedback) -> Option<Exclusion> {
        let exclusions = &self.codes.exclusions;
        match feedback.state {
            FeedbackState::Struck => Some(exclusions.feedback_struck),
            FeedbackState::Withdrawn => Some(exclusions.feedback_withdrawn),
            FeedbackState::Removed => Some(exclusions.feedback_removed),
            FeedbackState::Counted => (feedback.at > succeeded + RATE_WITHIN).then_some(exclusions.rated_too_late),
        }
    }

    /// Marks of one dimension; what was not rated has no mark, since there is no default one.
    fn dimension(
        &self,
        dimension: &Dimension,
        mark: Option<u8>,
        at: Instant,
        exclusion: Option<Exclusion>,
        out: &mut Classified,
    ) {
        let Some(mark) = mark else { return };
        let counted = [Some(dimension.marks.at(at).amount(i64::from(mark))), Some(dimension.ratings.at(at))];
        let low = (mark <= LOW).then(|| dimension.low.at(at).because(self.codes.low_mark));
        for mark in counted.into_iter().chain([low]).flatten() {
            out.mark(exclusion.map_or(mark, |exclusion| mark.excluded_by(exclusion)));
        }
    }

    fn violation(&self, violation: &Violation, out: &mut Classified) {
        let ledger = match violation.severity {
            Severity::Low | Severity::Medium => &self.codes.general,
            Severity::High | Severity::Critical => &self.codes.serious,
        };
        let points = self.settings.points(violation.severity);
        if points == 0 {
            return;
        }
        let mark = ledger.points.at(violation.at).amount(points).because(self.codes.violation);
        let overturned = violation.state == ViolationState::Overturned;
        out.mark(if overturned { mark.excluded_by(self.codes.exclusions.overturned) } else { mark });
    }
}

//! What follows from the readings: the ladder from a warning over suppression to suspension, by how long a breach has lasted.

use andon_sdk::{Action, Reason, Snapshot, Status, Verdict};

use crate::Walmart;

/// What each breached metric, and each at risk, takes off 1000 to make the score.
const BREACH_COSTS: u16 = 125;
const RISK_COSTS: u16 = 40;

impl Walmart {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let found = self.findings(snapshot);
        let standings = &self.codes.standings;
        let standing = if !found.suspending.is_empty() {
            standings.suspended
        } else if !found.suppressing.is_empty() {
            standings.suppressed
        } else if !found.reasons.is_empty() {
            standings.at_risk
        } else {
            standings.good
        };
        let mut verdict = Verdict::new(standing, 1000 - found.cost.min(1000)).because(found.reasons);
        let steps = [
            (Action::Warning, found.fresh),
            (Action::Restrict, found.suppressing.clone()),
            (Action::AskPlanOfAction, found.suppressing),
            (Action::Suspend, found.suspending),
        ];
        for (action, reasons) in steps {
            if !reasons.is_empty() {
                verdict = verdict.propose(action, reasons);
            }
        }
        verdict
    }

    /// Missing any one standard is enough, and none weighs more than another.
    fn findings(&self, snapshot: &Snapshot) -> Findings {
        let mut found = Findings::default();
        for metric in self.codes.metrics.all() {
            let reading = &snapshot[metric.metric];
            let Some(reason) = metric.reason(reading) else { continue };
            found.reasons.push(reason);
            if reading.status != Status::Breached {
                found.cost += RISK_COSTS;
                continue;
            }
            found.cost += BREACH_COSTS;
            let days = reading.breached_in_a_row;
            if days < self.settings.days_before_suppression {
                found.fresh.push(reason);
                continue;
            }
            found.suppressing.push(reason);
            if days >= self.settings.days_before_suspension {
                found.suspending.push(reason);
            }
        }
        found
    }
}

/// Reasons, sorted by what they lead to.
#[derive(Default)]
struct Findings {
    cost: u16,
    /// All of them.
    reasons: Vec<Reason>,
    /// Breaches that a merchant still has time to mend.
    fresh: Vec<Reason>,
    /// Breaches that have lasted long enough for suppression.
    suppressing: Vec<Reason>,
    /// Those of them that have lasted long enough for suspension.
    suspending: Vec<Reason>,
}

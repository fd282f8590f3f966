//! What follows from the readings. A metric without sufficient data, or one that Amazon only informs about, leads to nothing.

use andon_sdk::{Action, Judged, Reading, Reason, Snapshot, Status, Verdict};

use crate::Amazon;

/// What each breached metric, and each at risk, takes off the account rating to make the score.
const BREACH_COSTS: f64 = 100.0;
const RISK_COSTS: f64 = 25.0;

/// What a metric's breach leads to once it has lasted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consequence {
    /// Listings are restricted: a plan of action is asked for.
    Plan,
    /// The merchant's own shipping is suspended.
    Suspension,
    /// The account is deactivated.
    Deactivation,
}

impl Amazon {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let mut findings = Findings::default();
        for (metric, consequence) in self.judged() {
            findings.add(metric, &snapshot[metric.metric], consequence, self.settings.preview_days);
        }
        let standings = &self.codes.standings;
        let standing = if findings.deactivation.is_empty() {
            match (findings.lasting.is_empty(), findings.reasons.is_empty()) {
                (false, _) => standings.restricted,
                (true, false) => standings.at_risk,
                (true, true) => standings.healthy,
            }
        } else {
            standings.deactivated
        };
        let rating = snapshot[self.codes.metrics.account_rating.metric].value;
        let verdict =
            Verdict::new(standing, (rating - findings.cost).clamp(0.0, 1000.0) as u16).because(findings.reasons.iter().copied());
        findings.propose(verdict)
    }

    fn judged(&self) -> [(Judged, Consequence); 9] {
        let m = &self.codes.metrics;
        [
            (m.odr, Consequence::Suspension),
            (m.late_shipment_10, Consequence::Suspension),
            (m.late_shipment_30, Consequence::Suspension),
            (m.cancellation, Consequence::Suspension),
            (m.on_time_delivery, Consequence::Plan),
            (m.account_rating, Consequence::Deactivation),
            (m.policy_violations, Consequence::Plan),
            (m.ip_violations, Consequence::Deactivation),
            (m.restricted_products, Consequence::Deactivation),
        ]
    }
}

/// Reasons, sorted by what they lead to.
#[derive(Default)]
struct Findings {
    cost: f64,
    /// All of them.
    reasons: Vec<Reason>,
    /// Breaches still within the time a merchant is given.
    fresh: Vec<Reason>,
    /// Breaches beyond it.
    lasting: Vec<Reason>,
    /// Those of them that suspend or deactivate.
    suspension: Vec<Reason>,
    /// Those of them that deactivate.
    deactivation: Vec<Reason>,
}

impl Findings {
    fn add(&mut self, metric: Judged, reading: &Reading, consequence: Consequence, preview_days: u16) {
        let Some(reason) = metric.reason(reading) else { return };
        self.reasons.push(reason);
        if reading.status != Status::Breached {
            self.cost += RISK_COSTS;
            return;
        }
        self.cost += BREACH_COSTS;
        if reading.breached_in_a_row < preview_days {
            self.fresh.push(reason);
            return;
        }
        self.lasting.push(reason);
        if consequence != Consequence::Plan {
            self.suspension.push(reason);
        }
        if consequence == Consequence::Deactivation {
            self.deactivation.push(reason);
        }
    }

    fn propose(self, mut verdict: Verdict) -> Verdict {
        let steps = [(Action::Warning, self.fresh), (Action::AskPlanOfAction, self.lasting), (Action::Suspend, self.suspension)];
        for (action, reasons) in steps {
            if !reasons.is_empty() {
                verdict = verdict.propose(action, reasons);
            }
        }
        verdict
    }
}

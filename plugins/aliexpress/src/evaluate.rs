//! What follows: a month's miss is observed, more in a row are penalised, and severe violations are acted on at once.

use andon_sdk::{Action, Reason, Snapshot, Status, Verdict};

use crate::AliExpress;
use crate::manifest::BEST;

/// What each breached metric, and each at risk, takes off the marks to make the score.
const BREACH_COSTS: f64 = 100.0;
const RISK_COSTS: f64 = 25.0;

impl AliExpress {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let (metrics, standings) = (&self.codes.metrics, &self.codes.standings);
        let severe = metrics.severe.reason(&snapshot[metrics.severe.metric]);
        let (mut at_risk, mut observed, mut penalised) = (Vec::new(), Vec::new(), Vec::new());
        for metric in [metrics.quality, metrics.service, metrics.logistics] {
            let reading = &snapshot[metric.metric];
            let Some(reason) = metric.reason(reading) else { continue };
            match reading.status {
                Status::Breached if reading.breached_in_a_row > self.settings.observed_months => penalised.push(reason),
                Status::Breached => observed.push(reason),
                _ => at_risk.push(reason),
            }
        }
        let standing = match (severe, penalised.is_empty(), observed.is_empty()) {
            (Some(_), ..) => standings.suspended,
            (None, false, _) => standings.penalised,
            (None, true, false) => standings.observed,
            (None, true, true) => standings.good,
        };
        let breaches = penalised.len() + observed.len() + usize::from(severe.is_some());
        let score = self.marks(snapshot) - BREACH_COSTS * breaches as f64 - RISK_COSTS * at_risk.len() as f64;
        let reasons = severe.iter().chain(&penalised).chain(&observed).chain(&at_risk).copied();
        let verdict = Verdict::new(standing, score.clamp(0.0, 1000.0).round() as u16).because(reasons);
        self.propose(verdict, severe, &penalised, &observed)
    }

    fn propose(&self, mut verdict: Verdict, severe: Option<Reason>, penalised: &[Reason], observed: &[Reason]) -> Verdict {
        let limit = Action::CapOrders(self.settings.orders_a_day);
        for (action, reasons) in [
            (Action::Notice, observed),
            (Action::Warning, penalised),
            (limit, penalised),
            (Action::AskPlanOfAction, severe.as_slice()),
            (Action::Suspend, severe.as_slice()),
        ] {
            if !reasons.is_empty() {
                verdict = verdict.propose(action, reasons.iter().copied());
            }
        }
        verdict
    }

    /// 1000 times the mean of the three means out of five.
    fn marks(&self, snapshot: &Snapshot) -> f64 {
        let means = [&self.codes.described, &self.codes.service, &self.codes.shipping].map(|dimension| {
            let reading = &snapshot[dimension.mean];
            if reading.status == Status::Insufficient { 1.0 } else { reading.value / f64::from(BEST) }
        });
        1000.0 * means.iter().sum::<f64>() / 3.0
    }
}

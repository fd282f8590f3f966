//! What follows from the readings: tiers of penalty points for 28 days each, warnings of points to come, and the order cap.

use andon_sdk::{Action, Judged, Reason, Snapshot, Status, Verdict};

use crate::Shopee;
use crate::manifest::TIERS;

/// What each penalty point, each missed rate and each rate at risk takes off 1000 to make the score.
const POINT_COSTS: i64 = 50;
const BREACH_COSTS: i64 = 100;
const RISK_COSTS: i64 = 40;

/// How long an order cap, and what a tier brings, last.
const CAP_DAYS: u16 = 7;
const TIER_DAYS: u16 = 28;

impl Shopee {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let points = self.codes.metrics.penalty_points;
        let tier = self.tier_in_force(snapshot);
        let in_tier: Vec<Reason> = (tier > 0).then(|| self.codes.in_tier.about(points.metric)).into_iter().collect();
        let due = self.points_due(snapshot);
        let capped = self.order_cap(snapshot);
        let at_risk = self.rates().into_iter().filter(|rate| status(*rate, snapshot) == Status::AtRisk);
        let mut reasons: Vec<Reason> = points
            .reason(&snapshot[points.metric])
            .into_iter()
            .chain(in_tier.iter().copied())
            .chain(due.iter().copied())
            .collect();
        reasons.extend(at_risk.filter_map(|rate| rate.reason(&snapshot[rate.metric])));
        reasons.extend(&capped);

        let standings = &self.codes.standings;
        let standing = match tier {
            0 if reasons.is_empty() => standings.good,
            0 => standings.at_risk,
            tier => standings.tiers[tier - 1],
        };
        let (warned, frozen) = if tier == TIERS { (due, in_tier) } else { ([in_tier, due].concat(), Vec::new()) };
        let mut verdict = Verdict::new(standing, self.score(snapshot)).because(reasons);
        if !warned.is_empty() {
            verdict = verdict.propose(Action::Warning, warned);
        }
        let cap = Action::CapOrders(self.settings.capped_orders_a_day);
        for (days, action, reasons) in [(CAP_DAYS, cap, capped), (TIER_DAYS, Action::Suspend, frozen)] {
            if !reasons.is_empty() {
                verdict = verdict.propose_for(days, action, reasons);
            }
        }
        verdict
    }

    fn rates(&self) -> [Judged; 2] {
        [self.codes.metrics.non_fulfilment, self.codes.metrics.late_shipment]
    }

    /// A tier is in force for 28 days from when it was reached: where the points of those days made the difference.
    fn tier_in_force(&self, snapshot: &Snapshot) -> usize {
        let m = &self.codes.metrics;
        let points = snapshot[m.penalty_points.metric].numerator;
        let before = (points - snapshot[m.penalty_points_28].numerator).max(0);
        let tier = |points: i64| (points / self.settings.points_a_tier).clamp(0, TIERS as i64) as usize;
        if tier(points) > tier(before) { tier(points) } else { 0 }
    }

    /// Why the week is worth points: a missed rate, and what makes missed fulfilment worth more than one.
    fn points_due(&self, snapshot: &Snapshot) -> Vec<Reason> {
        let missed = self.rates().into_iter().filter(|rate| status(*rate, snapshot) == Status::Breached);
        let mut due: Vec<Reason> = missed.filter_map(|rate| rate.reason(&snapshot[rate.metric])).collect();
        let unfulfilled = self.codes.metrics.non_fulfilment;
        if status(unfulfilled, snapshot) == Status::Breached {
            let reading = &snapshot[unfulfilled.metric];
            if reading.numerator > self.settings.many_unfulfilled_orders {
                due.push(self.codes.many_unfulfilled.about(unfulfilled.metric));
            }
            if reading.value >= self.settings.grave_unfulfilled_rate {
                due.push(self.codes.gravely_unfulfilled.about(unfulfilled.metric));
            }
        }
        due
    }

    fn order_cap(&self, snapshot: &Snapshot) -> Vec<Reason> {
        let bad = |rate: &Judged| {
            status(*rate, snapshot) != Status::Insufficient && snapshot[rate.metric].value >= self.settings.order_cap_rate
        };
        self.rates().into_iter().filter(bad).map(|rate| self.codes.order_cap.about(rate.metric)).collect()
    }

    fn score(&self, snapshot: &Snapshot) -> u16 {
        let costs = self.rates().map(|rate| match status(rate, snapshot) {
            Status::Breached => BREACH_COSTS,
            Status::AtRisk => RISK_COSTS,
            Status::Good | Status::Insufficient => 0,
        });
        let points = snapshot[self.codes.metrics.penalty_points.metric].numerator.saturating_mul(POINT_COSTS);
        1000i64.saturating_sub(points).saturating_sub(costs.iter().sum()).clamp(0, 1000) as u16
    }
}

fn status(metric: Judged, snapshot: &Snapshot) -> Status {
    snapshot[metric.metric].status
}

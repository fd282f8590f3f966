//! What follows from the readings: limits on order volume for too many cancellations, and what LazMall sellers face.

use andon_sdk::{Action, Judged, Reason, Snapshot, Status, Verdict};

use crate::Lazada;

/// A standard of LazMall that is missed so many months in a row wants a plan, and one more costs the badge.
const MONTHS_TO_A_PLAN: u16 = 3;

/// Fewer cancelled items than this are the case of the rule for cross-border sellers, who may then take one order a day.
const FEW_ITEMS: i64 = 5;
const ORDERS_OF_FEW: u32 = 1;

/// What a limit, a rate close to one, and each missed standard of LazMall take off 1000 to make the score.
const LIMIT_COSTS: u16 = 500;
const RISK_COSTS: u16 = 200;
const MISS_COSTS: u16 = 100;

impl Lazada {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let standings = &self.codes.standings;
        let limit = self.limit(snapshot);
        let cancellation = self.codes.metrics.cancellation;
        let close = cancellation.reason(&snapshot[cancellation.metric]).filter(|_| limit.is_none());
        let missed = self.missed_by_lazmall(snapshot);
        let (standing, cost) = match (&limit, close) {
            (Some(_), _) => (standings.limited, LIMIT_COSTS),
            (None, Some(_)) => (standings.at_risk, RISK_COSTS),
            (None, None) if missed.is_empty() => (standings.good, 0),
            (None, None) => (standings.at_risk, 0),
        };
        let reasons = limit.iter().map(|(_, reason)| *reason).chain(close).chain(missed.iter().map(|(reason, _)| *reason));
        let mut verdict = Verdict::new(standing, 1000 - cost - MISS_COSTS * missed.len() as u16).because(reasons);
        if let Some((orders, reason)) = limit {
            verdict = verdict.propose_for(self.settings.limit_days, Action::CapOrders(orders), [reason]);
        }
        let steps = [
            (Action::Warning, 0..MONTHS_TO_A_PLAN),
            (Action::AskPlanOfAction, MONTHS_TO_A_PLAN..MONTHS_TO_A_PLAN + 1),
            (self.codes.lazmall.revoke(), MONTHS_TO_A_PLAN + 1..u16::MAX),
        ];
        for (action, months) in steps {
            let due: Vec<Reason> = missed.iter().filter(|(_, row)| months.contains(row)).map(|(reason, _)| *reason).collect();
            if !due.is_empty() {
                verdict = verdict.propose(action, due);
            }
        }
        verdict
    }

    /// How many orders a day a seller may still take, if not as many as they like, and why.
    fn limit(&self, snapshot: &Snapshot) -> Option<(u32, Reason)> {
        let m = &self.codes.metrics;
        let breach = |metric: Judged| {
            let reading = &snapshot[metric.metric];
            metric.reason(reading).filter(|_| reading.status == Status::Breached)
        };
        let few = snapshot[m.cancellation_few.metric].numerator < FEW_ITEMS;
        if let Some(reason) = breach(m.cancellation_few).filter(|_| few && self.settings.cross_border && !self.is_new(snapshot)) {
            return Some((ORDERS_OF_FEW, reason));
        }
        breach(m.cancellation).map(|reason| (self.settings.limited_orders_a_day, reason))
    }

    /// The standards of LazMall that a wearer of its badge missed last month, and for how many months in a row.
    fn missed_by_lazmall(&self, snapshot: &Snapshot) -> Vec<(Reason, u16)> {
        let m = &self.codes.metrics;
        if !self.codes.lazmall.is_among(&snapshot.merchant.badges) || self.is_new(snapshot) {
            return Vec::new();
        }
        let missed = |metric: Judged| {
            let reading = &snapshot[metric.metric];
            metric.reason(reading).map(|reason| (reason, reading.breached_in_a_row))
        };
        m.lazmall.into_iter().filter_map(missed).collect()
    }

    fn is_new(&self, snapshot: &Snapshot) -> bool {
        snapshot.now - snapshot.merchant.joined < self.settings.new_for
    }
}

//! What follows from the readings: minimum standards, the warning over dissatisfied orders with its re-evaluation, Star Seller.

use andon_sdk::{Action, Judged, Reason, Snapshot, Status, Verdict};

use crate::Etsy;

/// What a Star Seller's score is above another's, and what is taken off it for each missed standard and each step of the warning.
const STAR_EARNS: u16 = 100;
const MISS_COSTS: u16 = 100;
const WARNING_COSTS: u16 = 300;

impl Etsy {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let (standings, badge) = (&self.codes.standings, self.codes.badge);
        let missed = self.missed_standards(snapshot);
        let warning = self.warning(snapshot);
        let suspension = warning.and_then(|now| Some([breach(self.codes.metrics.dissatisfaction_before, snapshot)?, now]));
        let star = missed.is_empty() && warning.is_none() && self.is_star(snapshot);
        let standing = match (suspension, warning, missed.is_empty()) {
            (Some(_), ..) => standings.suspended,
            (None, Some(_), _) => standings.warned,
            (None, None, false) => standings.below_standards,
            (None, None, true) if star => standings.star_seller,
            (None, None, true) => standings.good,
        };
        let steps = u16::from(warning.is_some()) + u16::from(suspension.is_some());
        let cost = WARNING_COSTS * steps + MISS_COSTS * missed.len() as u16;
        let score = (900 + if star { STAR_EARNS } else { 0 }).saturating_sub(cost);
        let mut verdict = Verdict::new(standing, score).because(warning).because(missed.iter().copied());
        if !missed.is_empty() {
            verdict = verdict.propose(Action::Notice, missed);
        }
        if let Some(reason) = warning {
            verdict = verdict.propose(Action::Warning, [reason]);
        }
        if let Some(reasons) = suspension {
            verdict = verdict.propose(Action::Suspend, reasons);
        }
        let (met, short) = (self.codes.star_met.plain(), self.codes.star_missed.plain());
        match (star, badge.is_among(&snapshot.merchant.badges)) {
            (true, false) => verdict.because([met]).propose(badge.award(), [met]),
            (true, true) => verdict.because([met]),
            (false, true) => verdict.propose(badge.revoke(), [short]),
            (false, false) => verdict,
        }
    }

    /// Nothing is missed before there are enough sales. Cases are judged by their rate where there are orders enough for it,
    /// and else by their number.
    fn missed_standards(&self, snapshot: &Snapshot) -> Vec<Reason> {
        let m = &self.codes.metrics;
        if is_insufficient(snapshot, m.orders) {
            return Vec::new();
        }
        let cases = if is_insufficient(snapshot, m.case_rate.metric) { m.cases_refunded } else { m.case_rate };
        [m.response, m.on_time, m.low_reviews, cases].into_iter().filter_map(|metric| breach(metric, snapshot)).collect()
    }

    fn warning(&self, snapshot: &Snapshot) -> Option<Reason> {
        let m = &self.codes.metrics;
        breach(m.dissatisfaction, snapshot).filter(|_| !is_insufficient(snapshot, m.dissatisfied_ever))
    }

    fn is_star(&self, snapshot: &Snapshot) -> bool {
        let (m, settings) = (&self.codes.metrics, &self.settings);
        // What did not occur, such as a message, is held against nobody.
        let reaches = |metric, least| {
            let reading = &snapshot[metric];
            reading.denominator == 0 || reading.value >= least
        };
        // Of all orders ever some are not among those of 90 days: the first sale is further back.
        snapshot[m.star_orders_ever].numerator > snapshot[m.star_orders_90].numerator
            && snapshot[m.star_orders].numerator >= settings.star_orders
            && snapshot[m.star_sales].numerator >= settings.star_sales
            && reaches(m.star_response, settings.star_response_rate)
            && reaches(m.star_on_time, settings.star_on_time_rate)
            && reaches(m.star_rating, settings.star_rating)
    }
}

fn breach(metric: Judged, snapshot: &Snapshot) -> Option<Reason> {
    let reading = &snapshot[metric.metric];
    metric.reason(reading).filter(|_| reading.status == Status::Breached)
}

fn is_insufficient(snapshot: &Snapshot, metric: andon_sdk::Metric) -> bool {
    snapshot[metric].status == Status::Insufficient
}

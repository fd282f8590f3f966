//! Seller levels: Top Rated, Above Standard, Below Standard, over the look-back that the volume chooses.

use andon_sdk::facts::DAY;
use andon_sdk::{Action, Judged, Reason, Snapshot, Status, Verdict};

use crate::Ebay;
use crate::manifest::{DEFECT_LIMIT, LATE_LIMIT, Lookback, SHORT_LOOKBACK_FROM, UNRESOLVED_LIMIT};

impl Ebay {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let lookback = self.lookback(snapshot);
        let score = score(snapshot, lookback);
        let standings = &self.codes.standings;
        let badge = self.codes.badge;
        let worn = badge.is_among(&snapshot.merchant.badges);
        let (met, missed) = (self.codes.top_rated_met.plain(), self.codes.top_rated_missed.plain());
        let below = self.below_standard(snapshot, lookback);
        if below.is_empty() && self.top_rated(snapshot, lookback) {
            let verdict = Verdict::new(standings.top_rated, score).because([met]);
            return if worn { verdict } else { verdict.propose(badge.award(), [met]) };
        }
        let verdict = if below.is_empty() {
            let shown = [lookback.defects, lookback.late].into_iter().filter_map(|m| m.reason(&snapshot[m.metric]));
            Verdict::new(standings.above_standard, score).because(shown)
        } else {
            let reasons: Vec<Reason> = below.iter().filter_map(|m| m.reason(&snapshot[m.metric])).collect();
            let mut verdict = Verdict::new(standings.below_standard, score)
                .because(reasons.iter().copied())
                .propose(Action::Warning, reasons.iter().copied())
                .propose(Action::HoldPayouts, reasons.iter().copied());
            let lasting = |m: &&Judged| snapshot[m.metric].breached_in_a_row >= self.settings.months_before_limits;
            let lasting: Vec<Reason> = below.iter().filter(lasting).filter_map(|m| m.reason(&snapshot[m.metric])).collect();
            if !lasting.is_empty() {
                verdict = verdict.propose(Action::CapOrders(self.settings.limited_orders_a_day), lasting);
            }
            verdict
        };
        if worn { verdict.propose(badge.revoke(), [missed]) } else { verdict }
    }

    fn lookback(&self, snapshot: &Snapshot) -> &Lookback {
        let recent = snapshot[self.codes.three_months.defects.metric].denominator;
        if recent >= i64::from(SHORT_LOOKBACK_FROM) { &self.codes.three_months } else { &self.codes.twelve_months }
    }

    /// The metrics that put a merchant below standard. Late shipments alone do not.
    fn below_standard(&self, snapshot: &Snapshot, lookback: &Lookback) -> Vec<Judged> {
        let breached = |m: &Judged| snapshot[m.metric].status == Status::Breached;
        let (rate, cases) = (lookback.unresolved, lookback.unresolved_cases);
        let mut below = vec![lookback.defects];
        if self.settings.unresolved_needs_both {
            below.extend([rate, cases].into_iter().filter(|_| breached(&rate) && breached(&cases)));
        } else {
            below.extend([rate, cases]);
        }
        below.retain(breached);
        below
    }

    fn top_rated(&self, snapshot: &Snapshot, lookback: &Lookback) -> bool {
        let settings = &self.settings;
        let [defects, unresolved, late] = [lookback.defects, lookback.unresolved, lookback.late].map(|m| &snapshot[m.metric]);
        snapshot.now - snapshot.merchant.joined >= settings.days * DAY
            && snapshot[self.codes.transactions].numerator >= settings.transactions
            && snapshot[self.codes.sales].numerator >= settings.sales
            && settings.within(settings.defects, defects.value, i64::from(defects.buyers))
            && settings.within(settings.unresolved, unresolved.value, unresolved.numerator)
            && settings.within(settings.late, late.value, late.numerator)
    }
}

/// 1000 less what each rate uses up of twice its limit: defects weigh 500, unresolved cases 300, late shipments 200.
fn score(snapshot: &Snapshot, lookback: &Lookback) -> u16 {
    let rates = [
        (lookback.defects, DEFECT_LIMIT, 500.0),
        (lookback.unresolved, UNRESOLVED_LIMIT, 300.0),
        (lookback.late, LATE_LIMIT, 200.0),
    ];
    let lost = rates.map(|(metric, limit, weight)| {
        let reading = &snapshot[metric.metric];
        if reading.status == Status::Insufficient { 0.0 } else { weight * (reading.value / (2.0 * limit)).clamp(0.0, 1.0) }
    });
    (1000.0 - lost.iter().sum::<f64>()).clamp(0.0, 1000.0) as u16
}

//! What follows: a note on whoever is rated below the marketplace's mean, and the steps of the two ledgers.

use andon_sdk::{Action, Reason, Snapshot, Standing, Status, Verdict};

use crate::Taobao;
use crate::manifest::{BEST, Ledger};

impl Taobao {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let codes = &self.codes;
        let [general, serious] = [&codes.general, &codes.serious].map(|ledger| self.step(snapshot, ledger));
        let low = self.below_mean(snapshot);
        let mut verdict = Verdict::new(self.standing(general, serious, !low.is_empty()), self.score(snapshot)).because(low);
        let ladders = [(&codes.general, general, self.general_ladder()), (&codes.serious, serious, self.serious_ladder())];
        for (ledger, reached, ladder) in ladders {
            if reached > 0 {
                let reason = ledger.step_reached.about(ledger.total);
                verdict = verdict.because([reason]).propose(ladder[reached - 1], [reason]);
            }
        }
        verdict
    }

    fn step(&self, snapshot: &Snapshot, ledger: &Ledger) -> usize {
        let reading = &snapshot[ledger.total];
        if reading.status == Status::Insufficient { 0 } else { self.settings.step(reading.numerator) }
    }

    fn general_ladder(&self) -> [Action; 4] {
        [Action::Warning, Action::AskPlanOfAction, Action::CapOrders(self.settings.orders_a_day), Action::Suspend]
    }

    fn serious_ladder(&self) -> [Action; 4] {
        [Action::AskPlanOfAction, Action::CapOrders(self.settings.orders_a_day), Action::Suspend, Action::Terminate]
    }

    /// The dimensions whose mean is too far below the marketplace's; nobody is compared with what is not known.
    fn below_mean(&self, snapshot: &Snapshot) -> Vec<Reason> {
        let dimensions = [&self.codes.described, &self.codes.service, &self.codes.logistics].into_iter();
        let low = dimensions.filter(|dimension| {
            let reading = &snapshot[dimension.mean];
            let known = reading.peers.filter(|_| reading.status != Status::Insufficient);
            known.is_some_and(|peers| self.settings.too_low(reading.value, peers))
        });
        low.map(|dimension| dimension.below_mean.about(dimension.mean)).collect()
    }

    fn standing(&self, general: usize, serious: usize, below_mean: bool) -> Standing {
        let standings = &self.codes.standings;
        match (general, serious) {
            (_, 4) => standings.closed,
            (4, _) | (_, 3) => standings.suspended,
            (2 | 3, _) | (_, 1 | 2) => standings.restricted,
            (1, _) => standings.warned,
            _ if below_mean => standings.below_mean,
            _ => standings.good,
        }
    }

    /// 1000 times the mean of the three means out of five, less the share of the last step that the worse ledger has reached.
    fn score(&self, snapshot: &Snapshot) -> u16 {
        let dimensions = [&self.codes.described, &self.codes.service, &self.codes.logistics];
        let means = dimensions.map(|dimension| {
            let reading = &snapshot[dimension.mean];
            if reading.status == Status::Insufficient { 1.0 } else { reading.value / f64::from(BEST) }
        });
        let points = [&self.codes.general, &self.codes.serious].map(|ledger| snapshot[ledger.total].numerator);
        let worse = points[0].max(points[1]) as f64 / self.settings.last_step() as f64;
        let mean = means.iter().sum::<f64>() / 3.0;
        (1000.0 * (mean - worse)).clamp(0.0, 1000.0).round() as u16
    }
}

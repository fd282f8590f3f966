//! What follows: an alert before a limit, suspension at any limit, and what a person's reopening changes about that. It follows from
//! the figures and that reopening alone, for as long as they stay so: rules are not told what is in force, and a host takes back what
//! they no longer propose. What is in force already it keeps until a person lifts it.

use andon_sdk::facts::Instant;
use andon_sdk::{Action, Reason, Snapshot, Status, Verdict};

use crate::Mirakl;

/// What each breached metric, and each at risk, takes off the score.
const BREACH_COSTS: u16 = 200;
const RISK_COSTS: u16 = 50;

/// Where a shop is between suspensions.
enum Phase {
    /// It was reopened, and is left in peace until then.
    Immune(Instant),
    /// It was reopened not long ago: the next suspension is final.
    LastChance,
    Ordinary,
}

impl Mirakl {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let (mut breached, mut at_risk, mut waived) = (Vec::new(), Vec::new(), false);
        let too_few_orders = snapshot[self.codes.volume].status == Status::Insufficient;
        for metric in self.codes.metrics {
            let reading = &snapshot[metric.metric];
            match metric.reason(reading) {
                Some(_) if too_few_orders && self.codes.of_orders.contains(&metric) => waived = true,
                Some(reason) if reading.status == Status::Breached => breached.push(reason),
                Some(reason) => at_risk.push(reason),
                None => {}
            }
        }
        let cost = BREACH_COSTS * breached.len() as u16 + RISK_COSTS * at_risk.len() as u16;
        let score = 1000_u16.saturating_sub(cost);
        let waived = waived.then(|| self.codes.too_few_orders.plain());
        let reasons = breached.iter().chain(&at_risk).copied().chain(waived);
        self.by_phase(snapshot, score, &breached, &at_risk).because(reasons)
    }

    fn by_phase(&self, snapshot: &Snapshot, score: u16, breached: &[Reason], at_risk: &[Reason]) -> Verdict {
        let standings = &self.codes.standings;
        let alert = |verdict: Verdict, reasons: Vec<Reason>| {
            if reasons.is_empty() { verdict } else { verdict.propose(Action::Warning, reasons) }
        };
        let limits = || breached.iter().copied();
        match self.phase(snapshot) {
            Phase::Immune(until) => {
                let verdict = Verdict::new(standings.immune, score).because([self.codes.immune.plain()]).revisit(until);
                alert(verdict, limits().chain(at_risk.iter().copied()).collect())
            }
            Phase::LastChance if !breached.is_empty() => {
                Verdict::new(standings.closed, score).propose(Action::Terminate, limits())
            }
            Phase::Ordinary if !breached.is_empty() => {
                let verdict = Verdict::new(standings.suspended, score).propose(Action::Suspend, limits());
                verdict.propose(Action::AskPlanOfAction, limits())
            }
            Phase::LastChance | Phase::Ordinary => {
                let standing = if at_risk.is_empty() { standings.good } else { standings.alerted };
                alert(Verdict::new(standing, score), at_risk.to_vec())
            }
        }
    }

    fn phase(&self, snapshot: &Snapshot) -> Phase {
        let Some(reopened) = snapshot.merchant.reinstated else { return Phase::Ordinary };
        let immune_until = reopened + self.settings.immunity;
        match snapshot.now {
            now if now < immune_until => Phase::Immune(immune_until),
            now if now < reopened + self.settings.last => Phase::LastChance,
            _ => Phase::Ordinary,
        }
    }
}

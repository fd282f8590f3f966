//! A merchant's way back, from the tallies as they are: metric by metric, and for the standing by playing the rules forward.

use andon_domain::comeback::{fewest_orders, first_well_day, is_well};
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::Cadence;
use andon_domain::recovery::{Recovery, of_clean_order, recovery};
use andon_domain::verdict::{Party, Snapshot, Verdict};

use super::play::{Play, PlayError, Scene};
use super::read::{Account, Reader};
use crate::markets::Generation;
use crate::store::session::Session;

/// What would bring a merchant back if nothing more went wrong.
pub struct Comeback {
    /// The merchant today.
    pub today: Play,
    /// Today's day.
    pub day: Day,
    /// Index of the standing in force: today's, where every verdict binds or none has bound yet.
    pub standing: u16,
    /// The first day from which on a good standing is in force, and that standing; `None` where one is today, or within a year
    /// none will be.
    pub back: Option<(Day, u16)>,
    /// So many clean orders would make rules conclude a good standing today; `None` where no number of them that was tried would.
    pub clean_orders: Option<i64>,
    /// The way back of each metric.
    pub metrics: Vec<Recovery>,
}

impl Scene<'_> {
    /// Works it out.
    pub fn comeback(&self, session: &mut dyn Session, now: Instant) -> Result<Comeback, PlayError> {
        let today = self.now(session, now, &[])?;
        let (generation, account) = (self.generation, &today.account);
        let manifest = generation.manifest();
        let concluded = today.verdict.standing;
        let standing = match manifest.cadence {
            Cadence::Continuous => concluded,
            _ => self.party.standing.unwrap_or(concluded),
        };
        let reader = self.reader(now);
        let back = if is_well(manifest, standing) {
            None
        } else {
            let party = Party { standing: Some(standing), ..self.party.clone() };
            let start_of = |day| self.market.calendar.start_of(day);
            first_well_day(manifest, reader.today, party, start_of, |days, party| {
                let shown = |day: &Day| self.reader(start_of(*day)).snapshot(account, party.clone(), &[]);
                self.conclude(&days.iter().map(shown).collect::<Vec<_>>())
            })?
        };
        let clean_orders = if is_well(manifest, concluded) { Some(0) } else { self.clean_orders(&reader, account)? };
        let books = reader.books(account, &[]);
        let metrics = generation.metrics.iter().map(|m| recovery(books, m, reader.today)).collect();
        Ok(Comeback { day: reader.today, standing, back, clean_orders, metrics, today })
    }

    fn clean_orders(&self, reader: &Reader<'_>, account: &Account) -> Result<Option<i64>, PlayError> {
        let manifest = self.generation.manifest();
        fewest_orders(|numbers| {
            let shown = |n: &i64| reader.snapshot(account, self.party.clone(), &clean_orders(self.generation, *n));
            let verdicts = self.conclude(&numbers.iter().map(shown).collect::<Vec<_>>())?;
            Ok(verdicts.iter().map(|v| is_well(manifest, v.standing)).collect())
        })
    }

    fn conclude(&self, snapshots: &[Snapshot]) -> Result<Vec<Verdict>, PlayError> {
        Ok(self.generation.judge.evaluate(snapshots)?)
    }
}

/// What so many clean orders add to the counters of these rules.
pub fn clean_orders(generation: &Generation, orders: i64) -> Vec<(u16, i64)> {
    of_clean_order(&generation.metrics).into_iter().map(|(counter, n)| (counter, n.saturating_mul(orders))).collect()
}

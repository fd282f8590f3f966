//! A merchant's way back, from the tallies as they are: metric by metric, and for the standing by playing the rules forward.

use andon_domain::comeback::{fewest_orders, first_well_day, is_well};
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::Cadence;
use andon_domain::recovery::{Recovery, of_clean_order, recovery};
use andon_domain::verdict::{Party, Snapshot, Verdict};

use super::play::{PlayError, Scene};
use super::read::{Account, Reader};
use crate::markets::Generation;
use crate::store::session::Session;

/// What would bring a merchant back if nothing more went wrong.
pub struct Comeback {
    /// What the rules were shown today.
    pub snapshot: Snapshot,
    /// What they conclude.
    pub verdict: Verdict,
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
        let (reader, account) = self.load(session, now)?;
        let (snapshot, verdict) = self.judge(&reader, &account, &[])?;
        let manifest = self.generation.manifest();
        let concluded = verdict.standing;
        let standing = match manifest.cadence {
            Cadence::Continuous => concluded,
            _ => self.party.standing.unwrap_or(concluded),
        };
        let back = if is_well(manifest, standing) {
            None
        } else {
            let party = Party { standing: Some(standing), ..self.party.clone() };
            let start_of = |day| self.market.calendar.start_of(day);
            first_well_day(manifest, reader.today, party, start_of, |days, party| {
                let shown = |day: &Day| self.reader(start_of(*day)).snapshot(&account, party.clone(), &[]);
                self.conclude(&days.iter().map(shown).collect::<Vec<_>>())
            })?
        };
        let clean_orders = if is_well(manifest, concluded) { Some(0) } else { self.clean_orders(&reader, &account, &snapshot)? };
        let books = reader.books(&account, &[]);
        let metrics = self.generation.metrics.iter().map(|m| recovery(books, m, reader.today)).collect();
        Ok(Comeback { day: reader.today, snapshot, verdict, standing, back, clean_orders, metrics })
    }

    /// Of `today` only the merchant's own readings change: clean orders are no listing's.
    fn clean_orders(&self, reader: &Reader<'_>, account: &Account, today: &Snapshot) -> Result<Option<i64>, PlayError> {
        let manifest = self.generation.manifest();
        fewest_orders(|numbers| {
            let shown = |n: &i64| {
                let readings = reader.readings(account, &clean_orders(self.generation, *n));
                Snapshot { readings, ..today.clone() }
            };
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

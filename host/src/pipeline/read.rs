//! Step 5 of the flow: a merchant's sums and marks brought together, and every declared metric read off them.

use std::collections::HashMap;

use andon_domain::calendar::Calendar;
use andon_domain::days::Days;
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::{Cadence, Counter, Manifest};
use andon_domain::mark::Mark;
use andon_domain::reading::{
    Books, BuyerMark, Reading, days_needed, next_change, next_in_row, read_all, read_listing, streak_limit,
};
use andon_domain::tally::{BUCKET_DAYS, Sheet, Slot, bucket_of};
use andon_domain::verdict::{ListingSnapshot, Party, Snapshot};

use crate::markets::{Generation, Market};
use crate::store::session::{MerchantState, Result, Session};

/// Buckets after today's that are loaded: marks are dated ahead, at promised days, and must be foreseen when they enter.
const BUCKETS_AHEAD: i32 = 2;

/// Sums and marks of one merchant, enough to read every metric on one day.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The merchant's sums.
    pub sheet: Sheet,
    /// Each listing's sums, where rules tally by listing.
    pub listings: Vec<(u64, Sheet)>,
    /// Marks of by-buyer counters.
    pub buyers: Vec<BuyerMark>,
}

/// What facts' marks add to an account and take from it, gathered so that its sums are gone through once.
#[derive(Debug, Default)]
pub(crate) struct Shift {
    cells: Vec<Cell>,
    listings: Vec<(u64, Cell)>,
    /// And whether one more or one less.
    buyers: Vec<(BuyerMark, bool)>,
}

type Cell = (Day, Slot, i64);

impl Shift {
    /// Adds what a fact's marks count for, for this buyer and listing (0 where there is none); with `sign` -1 takes back exactly
    /// what was added.
    pub(crate) fn count(&mut self, counters: &[Counter], marks: &[Mark], party: (u64, u64), sign: i64, days: &mut Days<'_>) {
        counted(counters, marks, party, days, |(day, slot, amount), listing, buyer| {
            let cell = (day, slot, amount.saturating_mul(sign));
            self.cells.push(cell);
            self.listings.extend(listing.map(|listing| (listing, cell)));
            self.buyers.extend(buyer.map(|mark| (mark, sign > 0)));
        });
    }
}

impl Account {
    /// Adds all of it.
    pub(crate) fn add(&mut self, mut shift: Shift) {
        self.sheet.add(&mut shift.cells);
        shift.listings.sort_unstable_by_key(|(listing, _)| *listing);
        for of_one in shift.listings.chunk_by(|a, b| a.0 == b.0) {
            let mut cells: Vec<Cell> = of_one.iter().map(|(_, cell)| *cell).collect();
            self.add_listing(of_one[0].0, &mut cells);
        }
        for (mark, more) in shift.buyers {
            if more {
                self.buyers.push(mark);
            } else if let Some(known) = self.buyers.iter().position(|known| *known == mark) {
                self.buyers.swap_remove(known);
            }
        }
    }

    fn add_listing(&mut self, listing: u64, cells: &mut [Cell]) {
        let place = self.listings.partition_point(|(known, _)| *known < listing);
        if self.listings.get(place).is_none_or(|(known, _)| *known != listing) {
            self.listings.insert(place, (listing, Sheet::default()));
        }
        self.listings[place].1.add(cells);
        if self.listings[place].1.is_empty() {
            self.listings.remove(place);
        }
    }
}

/// Says for each of a fact's marks in which cell it counts, for which listing besides, and as which buyer's.
pub(super) fn counted(
    counters: &[Counter],
    marks: &[Mark],
    (buyer, listing): (u64, u64),
    days: &mut Days<'_>,
    mut tell: impl FnMut(Cell, Option<u64>, Option<BuyerMark>),
) {
    for mark in marks {
        let Some(counter) = counters.get(usize::from(mark.counter)) else { continue };
        let day = days.of(mark.at);
        let cell = (day, Slot::of(mark.counter, mark.excluded.is_some()), mark.amount);
        let whose = (counter.by_buyer && mark.excluded.is_none()).then_some(BuyerMark { counter: mark.counter, day, buyer });
        tell(cell, (counter.by_listing && listing != 0).then_some(listing), whose);
    }
}

/// The generation, the day and the marketplace's own sums that accounts are read against.
pub struct Reader<'a> {
    /// The rules in force.
    pub generation: &'a Generation,
    /// The moment.
    pub now: Instant,
    /// Its calendar day.
    pub today: Day,
    /// The whole marketplace's sums, where they are known for this moment.
    pub peers: Option<Sheet>,
}

impl Reader<'_> {
    fn manifest(&self) -> &Manifest {
        self.generation.manifest()
    }

    /// Books over an account, with what-if additions.
    pub fn books<'b>(&'b self, account: &'b Account, extra: &'b [(u16, i64)]) -> Books<'b> {
        Books { counters: &self.manifest().counters, sheet: &account.sheet, buyers: &account.buyers, extra }
    }

    /// What `evaluate` is shown.
    pub fn snapshot(&self, account: &Account, merchant: Party, extra: &[(u16, i64)]) -> Snapshot {
        let readings = self.readings(account, extra);
        let listings = account.listings.iter().filter_map(|(listing, sheet)| self.listing(*listing, sheet)).collect();
        Snapshot { now: self.now, merchant, readings, listings }
    }

    /// What is read of the merchant.
    pub fn readings(&self, account: &Account, extra: &[(u16, i64)]) -> Vec<Reading> {
        let (metrics, books) = (&self.generation.metrics, self.books(account, extra));
        read_all(self.manifest(), metrics, books, self.peers.as_ref(), self.today)
    }

    /// A listing is shown where one of its own metrics is at risk or breached.
    fn listing(&self, listing: u64, sheet: &Sheet) -> Option<ListingSnapshot> {
        let readings = read_listing(self.manifest(), &self.generation.metrics, sheet, self.today)?;
        Some(ListingSnapshot { listing, readings })
    }

    /// When a merchant is to be evaluated again although nothing happens: windows move, a row of breaches grows, a binding
    /// day comes, or the rules asked for it.
    pub fn next(
        &self,
        calendar: &Calendar,
        account: &Account,
        readings: &[Reading],
        revisit: Option<Instant>,
    ) -> Option<Instant> {
        let cadence = self.manifest().cadence;
        // Beyond what was loaded something may lie ahead that is not foreseen here; look again before it can matter.
        let ahead = (!account.sheet.is_empty()).then_some(self.today + (BUCKETS_AHEAD - 1) * BUCKET_DAYS);
        let days = [
            next_change(&self.generation.metrics, &account.sheet, self.today),
            next_in_row(&self.generation.metrics, readings, cadence, self.today),
            cadence.next_binding(self.today),
            ahead,
        ];
        let day = days.into_iter().flatten().min().map(|d| calendar.start_of(d));
        [day, revisit].into_iter().flatten().filter(|at| *at > self.now).min()
    }
}

/// What the rules are told of a merchant besides readings.
pub(crate) fn party(manifest: &Manifest, state: &MerchantState) -> Party {
    let (standing, badges) = ((state.standing.as_deref(), state.since), state.badges.split_whitespace());
    told(manifest, state.joined, standing, badges, state.reinstated)
}

/// The same of what held for the merchant at any time. Rules are told only of what they have a name for.
pub(super) fn told<'a>(
    manifest: &Manifest,
    joined: Instant,
    (standing, standing_since): (Option<&str>, Instant),
    badges: impl IntoIterator<Item = &'a str>,
    reinstated: Option<Instant>,
) -> Party {
    let standing = standing.and_then(|code| manifest.standings.iter().position(|s| s.code == code)).map(|i| i as u16);
    let badge = |code: &str| manifest.badges.iter().position(|known| known == code).map(|i| i as u16);
    Party { joined, standing, standing_since, badges: badges.into_iter().filter_map(badge).collect(), reinstated }
}

/// Days before the earliest window that a row of breaches may reach back.
fn streak_days(cadence: Cadence) -> i32 {
    let periods = i32::from(streak_limit(cadence));
    match cadence {
        Cadence::Continuous => periods,
        Cadence::Weekly(_) => 7 * periods,
        Cadence::Monthly(_) => 31 * periods,
    }
}

/// Loads the accounts of merchants as tallies have them now, in the order asked for, and the whole marketplace's.
pub(crate) fn load<'g>(
    session: &mut dyn Session,
    market: &Market,
    generation: &'g Generation,
    merchants: &[i64],
    now: Instant,
) -> Result<(Reader<'g>, Vec<Account>)> {
    let today = market.calendar.day_of(now);
    let manifest = generation.manifest();
    let first = match days_needed(&generation.metrics, today) {
        Some(span) => {
            span.from - manifest.metrics.iter().map(|m| streak_days(m.cadence.unwrap_or(manifest.cadence))).max().unwrap_or(0)
        }
        None => session.first_bucket(generation.id)?.unwrap_or(bucket_of(today)) * BUCKET_DAYS,
    };
    let mut wanted = vec![0];
    wanted.extend_from_slice(merchants);
    let mut cells: HashMap<(i64, u64), Vec<_>> = HashMap::new();
    for (merchant, listing, number, bucket) in
        session.books(generation.id, &wanted, bucket_of(first), bucket_of(today) + BUCKETS_AHEAD)?
    {
        cells.entry((merchant, listing)).or_default().extend(bucket.cells(number));
    }
    let mut accounts: HashMap<i64, Account> = HashMap::new();
    for ((merchant, listing), cells) in cells {
        let account = accounts.entry(merchant).or_default();
        match listing {
            0 => account.sheet = Sheet::new(cells),
            _ => account.listings.push((listing, Sheet::new(cells))),
        }
    }
    let by_buyer: Vec<u16> = (0..).zip(&manifest.counters).filter(|(_, c)| c.by_buyer).map(|(i, _)| i).collect();
    if !by_buyer.is_empty() {
        for (merchant, mark) in session.buyer_marks(generation.id, merchants, &by_buyer, market.calendar.start_of(first))? {
            accounts.entry(merchant).or_default().buyers.push(mark);
        }
    }
    let peers = accounts.remove(&0).map(|a| a.sheet);
    let ordered = merchants.iter().map(|m| {
        let mut account = accounts.remove(m).unwrap_or_default();
        account.listings.sort_unstable_by_key(|(listing, _)| *listing);
        account
    });
    let ordered = ordered.collect();
    Ok((Reader { generation, now, today, peers }, ordered))
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;

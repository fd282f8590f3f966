//! Any moment again, read-only, from the stored facts: what had happened by then, what it meant then, and what the rules of
//! today conclude from it. Also what-if, which adds to the counters and stores nothing.

use andon_domain::days::Days;
use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::manifest::Cadence;
use andon_domain::mark::Mark;
use andon_domain::quota::{Candidate, hold};
use andon_domain::tally::Sheet;
use andon_domain::verdict::{Party, Snapshot, Verdict};

use super::past::Past;
use super::read::{self, Account, Reader};
use crate::markets::{Generation, Market};
use crate::rules::PluginFault;
use crate::store::StoreError;
use crate::store::session::Session;

/// Subjects folded at a time.
const PAGE: usize = 1_000;

/// Why a moment cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules failed.
    #[error(transparent)]
    Fault(#[from] PluginFault),
}

/// A merchant at a moment.
pub struct Play {
    /// What the rules were shown.
    pub snapshot: Snapshot,
    /// What they conclude.
    pub verdict: Verdict,
    /// Index of the standing in force then: today's conclusion, or that of the last binding day; `None` before there was one.
    pub standing: Option<u16>,
    /// The sums it was read from.
    pub account: Account,
}

/// What to play.
pub struct Scene<'a> {
    /// The marketplace.
    pub market: &'a Market,
    /// The rules in force.
    pub generation: &'a Generation,
    /// The merchant's row.
    pub merchant: i64,
    /// What the rules are told of the merchant.
    pub party: Party,
}

impl<'a> Scene<'a> {
    /// A merchant as it was at a moment, or as it is.
    pub fn of(
        session: &mut dyn Session,
        (market, generation): (&'a Market, &'a Generation),
        merchant: i64,
        moment: Option<Instant>,
    ) -> Result<Self, StoreError> {
        let manifest = generation.manifest();
        let party = match moment {
            Some(at) => Past::of(session, &[merchant])?.pop().map(|past| past.party(manifest, at)),
            None => session.states(&[merchant])?.pop().map(|state| read::party(manifest, &state)),
        };
        let party = party.ok_or_else(|| StoreError::absent("merchants", merchant))?;
        Ok(Self { market, generation, merchant, party })
    }
}

impl Scene<'_> {
    /// Plays a past (or future) moment from the facts known by then.
    pub fn at(&self, session: &mut dyn Session, moment: Instant, extra: &[(u16, i64)]) -> Result<Play, PlayError> {
        let account = account_at(session, self.market, self.generation, self.merchant, moment)?;
        let reader = self.reader(moment);
        let (snapshot, verdict) = self.judge(&reader, &account, extra)?;
        let standing = match self.generation.manifest().cadence {
            Cadence::Continuous => Some(verdict.standing),
            cadence => {
                let bound = self.market.calendar.start_of(cadence.last_binding(reader.today));
                if bound < self.party.joined {
                    None
                } else {
                    let account = account_at(session, self.market, self.generation, self.merchant, bound)?;
                    Some(self.judge(&self.reader(bound), &account, &[])?.1.standing)
                }
            }
        };
        Ok(Play { snapshot, verdict, standing, account })
    }

    /// Plays the present from the tallies, with additions.
    pub fn now(&self, session: &mut dyn Session, now: Instant, extra: &[(u16, i64)]) -> Result<Play, PlayError> {
        let (reader, account) = self.load(session, now)?;
        let (snapshot, verdict) = self.judge(&reader, &account, extra)?;
        Ok(Play { snapshot, verdict, standing: self.party.standing, account })
    }

    /// The present from the tallies.
    pub(super) fn load(&self, session: &mut dyn Session, now: Instant) -> Result<(Reader<'_>, Account), StoreError> {
        let (reader, mut accounts) = read::load(session, self.market, self.generation, &[self.merchant], now)?;
        Ok((reader, accounts.pop().unwrap_or_default()))
    }

    /// What a reader of this scene at `moment` is; the marketplace's own sums as they were then are not known.
    pub fn reader(&self, moment: Instant) -> Reader<'_> {
        Reader { generation: self.generation, now: moment, today: self.market.calendar.day_of(moment), peers: None }
    }

    /// What the rules conclude from an account.
    pub fn judge(&self, reader: &Reader<'_>, account: &Account, extra: &[(u16, i64)]) -> Result<(Snapshot, Verdict), PlayError> {
        let snapshot = reader.snapshot(account, self.party.clone(), extra);
        let mut verdicts = self.generation.judge.evaluate(std::slice::from_ref(&snapshot))?;
        let verdict = verdicts.pop().ok_or_else(|| StoreError::Driver("the rules gave no verdict".into()))?;
        Ok((snapshot, verdict))
    }
}

/// A merchant's sums at a moment, from every fact as it was known then.
fn account_at(
    session: &mut dyn Session,
    market: &Market,
    generation: &Generation,
    merchant: i64,
    moment: Instant,
) -> Result<Account, PlayError> {
    let mut days = Days::new(&market.calendar);
    let mut book = Book::new(generation, &mut days);
    let mut after = 0;
    loop {
        let page = session.recorded_after(merchant, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.row;
        let facts: Vec<Fact> = page.iter().filter_map(|s| s.history.fact(&s.id, moment)).collect();
        let classified = generation.judge.classify(moment, &facts.iter().collect::<Vec<_>>())?;
        for (fact, classified) in facts.iter().zip(classified) {
            book.enter(fact, classified.marks);
        }
    }
    Ok(book.close())
}

/// Marks on their way into an account.
pub(crate) struct Book<'a, 'c> {
    generation: &'a Generation,
    days: &'a mut Days<'c>,
    facts: Vec<Candidate<'a>>,
    /// Of each fact.
    listings: Vec<u64>,
}

impl<'a, 'c> Book<'a, 'c> {
    /// Nothing entered yet.
    pub(crate) fn new(generation: &'a Generation, days: &'a mut Days<'c>) -> Self {
        Self { generation, days, facts: Vec::new(), listings: Vec::new() }
    }

    /// Adds what a fact counts for.
    pub(crate) fn enter(&mut self, fact: &Fact, marks: Vec<Mark>) {
        let order = if let Fact::Order(order) = fact { Some(order) } else { None };
        let (buyer, key) = (order.map(|o| o.buyer.key), order.map_or(0, |o| o.id.key));
        self.add(Candidate { buyer, key, marks: marks.into() }, super::settle::parties(Some(fact)).1);
    }

    /// The same of a fact that is not at hand any more.
    pub(crate) fn add(&mut self, candidate: Candidate<'a>, listing: u64) {
        self.facts.push(candidate);
        self.listings.push(listing);
    }

    /// The account that they add up to, with quotas kept.
    pub(crate) fn close(mut self) -> Account {
        let manifest = self.generation.manifest();
        hold(manifest, &mut self.facts, |at| self.days.of(at));
        // Sorted once: one after the other each would have to find its place among all others.
        let (mut cells, mut listings, mut buyers) = (Vec::new(), Vec::new(), Vec::new());
        for (Candidate { buyer, marks, .. }, listing) in self.facts.iter().zip(self.listings) {
            read::counted(&manifest.counters, marks, (buyer.unwrap_or(0), listing), self.days, |cell, listing, buyer| {
                cells.push(cell);
                listings.extend(listing.map(|listing| (listing, cell)));
                buyers.extend(buyer);
            });
        }
        listings.sort_unstable();
        let listings = listings.chunk_by(|a, b| a.0 == b.0).map(|all| (all[0].0, Sheet::new(all.iter().map(|l| l.1))));
        Account { sheet: Sheet::new(cells), listings: listings.filter(|(_, sheet)| !sheet.is_empty()).collect(), buyers }
    }
}

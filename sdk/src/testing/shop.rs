//! A merchant from facts to verdict, worked out with the host's own arithmetic.

use std::collections::BTreeMap;

use andon_domain::calendar::Calendar;
use andon_domain::mark::Mark;
use andon_domain::quota::{Candidate, hold};
use andon_domain::reading::{Books, BuyerMark, Reading, read_all, read_listing};
use andon_domain::tally::{Sheet, Slot};

use super::case::Case;
use super::facts::When;
use super::{answer, convert};
use crate::facts::{DAY, Instant, Subject};
use crate::guest::classify;
use crate::{Classified, ListingSnapshot, Merchant, Rules, Snapshot, Verdict};

/// A merchant in the time zone UTC, with all that is known of them.
#[derive(Debug)]
pub struct Shop<R> {
    case: Case<R>,
    facts: Vec<Subject>,
}

impl<R: Rules> Default for Shop<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Rules> Shop<R> {
    /// A merchant of whom nothing is known yet, under rules with their defaults.
    pub fn new() -> Self {
        Self::under(Case::new())
    }

    /// The same under rules configured otherwise.
    pub fn under(case: Case<R>) -> Self {
        Self { case, facts: Vec::new() }
    }

    /// One more fact.
    #[must_use]
    pub fn fact(mut self, fact: impl Into<Subject>) -> Self {
        self.facts.push(fact.into());
        self
    }

    /// `n` more facts, each made from its number.
    #[must_use]
    pub fn facts<F: Into<Subject>>(mut self, n: u64, make: impl Fn(u64) -> F) -> Self {
        self.facts.extend((0..n).map(|i| make(i).into()));
        self
    }

    /// How the merchant does at the moment `now`, a year after joining. Rules are shown the listings that have a metric of their own,
    /// one whose every counter is by listing, at risk or breached.
    #[track_caller]
    pub fn on(&self, now: impl Into<When>) -> Health {
        let now = now.into().0;
        let Some(calendar) = Calendar::of("UTC") else { panic!("there is no time zone UTC") };
        let answers = match classify(Some(&self.case.rules), now, &self.facts) {
            Ok(answers) => answers,
            Err(fault) => panic!("{fault:?}"),
        };
        let manifest = &self.case.manifest;
        let mut facts: Vec<_> = self.facts.iter().zip(&answers).map(candidate).collect();
        hold(manifest, &mut facts, |at| calendar.day_of(at));
        let today = calendar.day_of(now);
        let marks = || facts.iter().flat_map(|fact| fact.marks.iter().map(|mark| (fact.buyer, mark)));
        let cell = |m: &Mark| (calendar.day_of(m.at), Slot::of(m.counter, m.excluded.is_some()), m.amount);
        let sheet = Sheet::new(marks().map(|(_, mark)| cell(mark)));
        let counted = marks().filter(|(_, mark)| mark.excluded.is_none());
        // What belongs to no order is somebody's all the same, and always the same one's.
        let buyer_mark = |(buyer, mark): (Option<u64>, &Mark)| BuyerMark {
            counter: mark.counter,
            day: calendar.day_of(mark.at),
            buyer: buyer.unwrap_or(0),
        };
        let buyers: Vec<_> = counted.map(buyer_mark).collect();
        let books = Books { counters: &manifest.counters, sheet: &sheet, buyers: &buyers, extra: &[] };
        let readings = read_all(manifest, &manifest.metrics, books, None, today);
        let by_listing = |m: &&Mark| manifest.counters.get(usize::from(m.counter)).is_some_and(|c| c.by_listing);
        let mut listings: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for (fact, subject) in facts.iter().zip(&self.facts) {
            if let Some(listing) = listing_of(subject) {
                listings.entry(listing).or_default().extend(fact.marks.iter().filter(by_listing).map(cell));
            }
        }
        let shown = listings.into_iter().filter_map(|(listing, cells)| {
            let sheet = Some(Sheet::new(cells)).filter(|sheet| !sheet.is_empty())?;
            let readings = read_listing(manifest, &manifest.metrics, &sheet, today)?;
            Some(ListingSnapshot { listing, readings: readings.iter().map(convert::reading).collect() })
        });
        let verdict = self.case.verdict(snapshot(now, &readings, shown.collect()));
        Health { readings, verdict: answer::verdict(manifest, &verdict), manifest: manifest.clone(), answer: verdict }
    }
}

fn candidate((fact, answer): (&Subject, &Classified)) -> Candidate<'static> {
    let order = if let Subject::Order(order) = fact { Some(order) } else { None };
    let marks = convert::marks(&answer.marks).into();
    Candidate { buyer: order.map(|o| o.buyer), key: order.map_or(0, |o| o.id), marks }
}

/// The key of the listing that a fact is about; 0 stands for none.
fn listing_of(fact: &Subject) -> Option<u64> {
    let key = match fact {
        Subject::Order(order) => order.listing,
        Subject::Violation(violation) => violation.listing?,
        Subject::Contact(_) => return None,
    };
    (key != 0).then_some(key)
}

fn snapshot(now: Instant, readings: &[Reading], listings: Vec<ListingSnapshot>) -> Snapshot {
    let joined = now - 365 * DAY;
    let merchant = Merchant { joined, standing: None, standing_since: joined, badges: Vec::new(), reinstated: None };
    Snapshot { now, merchant, readings: readings.iter().map(convert::reading).collect(), listings }
}

/// Readings and verdict.
#[derive(Debug)]
pub struct Health {
    manifest: andon_domain::manifest::Manifest,
    readings: Vec<Reading>,
    verdict: Vec<String>,
    answer: Verdict,
}

impl Health {
    /// A metric's reading as text: `7/170 breached`, or `204 good` where there is no line.
    #[track_caller]
    pub fn metric(&self, code: &str) -> String {
        let reading = &self.readings[convert::metric(&self.manifest, code)];
        let status = reading.status.word();
        match reading.denominator {
            0 => format!("{} {status}", reading.value),
            denominator => format!("{}/{denominator} {status}", reading.numerator),
        }
    }

    /// The verdict.
    pub fn verdict(&self) -> &Verdict {
        &self.answer
    }

    /// Checks the whole verdict; see [`Case::check_verdict`].
    #[track_caller]
    pub fn check(&self, expected: &str) {
        answer::compare(expected, self.verdict.clone());
    }
}

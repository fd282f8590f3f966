//! A case asked of rules: facts are classified, their marks tallied, metrics read and the merchant evaluated, all by the code that
//! does so in service.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::days::Days;
use andon_domain::fact::Fact;
use andon_domain::manifest::Manifest;
use andon_domain::mark::Classified;
use andon_domain::verdict::{self, Action, Snapshot};

use super::CaseError;
use super::answer::{Answer, BySubject, Mark, Proposal, Reading, Reason, Verdict};
use super::file::Case;
use super::fold::{Subject, happened};
use super::words::Moment;
use crate::markets::Generation;
use crate::pipeline::play::Book;
use crate::pipeline::read::{Account, Reader};
use crate::rules::{PluginFault, Rules};

/// What the rules answer. A setting that is refused and a fault of the rules are answers too; the error is the case's own.
pub fn run(rules: &Arc<Rules>, case: &Case) -> Result<Answer, CaseError> {
    let manifest = rules.manifest();
    let calendar = case.calendar()?;
    let peers = case.peers(manifest)?;
    let happened = happened(case, &manifest.marketplace)?;
    let party = case.party(manifest, happened.registered)?;
    let judge = match rules.configure(&case.settings()) {
        Ok(judge) => judge,
        Err(refused) => return Ok(failed(refused)),
    };
    let settings = case.settings().into_iter().collect();
    let generation = Generation::new(0, manifest.name.clone(), settings, judge, &case.overrides);
    let now = case.now.0;
    let reader = Reader { generation: &generation, now, today: calendar.day_of(now), peers: None };
    let facts: Vec<&Fact> = happened.subjects.iter().map(|s| &s.fact).collect();
    let asked = || -> Result<Answer, PluginFault> {
        let classified = generation.judge.classify(now, &facts)?;
        let mut days = Days::new(&calendar);
        let mut book = Book::new(&generation, &mut days);
        for (fact, classified) in facts.iter().zip(&classified) {
            book.enter(fact, classified.marks.clone());
        }
        let snapshot = |account: &Account| {
            let mut snapshot = reader.snapshot(account, party.clone(), &[]);
            for (reading, peers) in snapshot.readings.iter_mut().zip(&peers) {
                reading.peers = *peers;
            }
            snapshot
        };
        let shown = snapshot(&book.close());
        let verdicts = generation.judge.evaluate(std::slice::from_ref(&shown))?;
        let telling = Telling { manifest, listings: listings(&facts) };
        let answer = Answer {
            marks: Some(telling.marks(&happened.subjects, &classified)),
            revisits: Some(by_subject(&happened.subjects, classified.iter().map(|answer| answer.revisit.map(Moment)))),
            readings: Some(telling.readings(&shown)),
            verdict: verdicts.first().map(|verdict| telling.verdict(verdict)),
            ..Answer::default()
        };
        let at_rest = Answer { readings: Some(telling.readings(&snapshot(&Account::default()))), ..Answer::default() };
        let at_rest = at_rest.plain(&BTreeMap::new()).readings.unwrap_or_default();
        Ok(Answer { at_rest, ..answer })
    };
    Ok(asked().unwrap_or_else(failed))
}

fn failed(error: impl ToString) -> Answer {
    Answer { error: Some(error.to_string()), ..Answer::default() }
}

/// The names of listings, which rules know by their keys.
fn listings(facts: &[&Fact]) -> HashMap<u64, String> {
    let listing = |fact: &&Fact| {
        match fact {
            Fact::Order(order) => Some(&order.listing),
            Fact::Violation(violation) => violation.listing.as_ref(),
            Fact::Contact(_) => None,
        }
        .map(|listing| (listing.key, listing.name.to_string()))
    };
    facts.iter().filter_map(listing).collect()
}

/// Puts codes in place of indexes.
struct Telling<'a> {
    manifest: &'a Manifest,
    listings: HashMap<u64, String>,
}

impl Telling<'_> {
    fn marks(&self, subjects: &[Subject], classified: &[Classified]) -> BySubject<Vec<Mark>> {
        by_subject(
            subjects,
            classified.iter().map(|answer| {
                let mut marks: Vec<_> = answer.marks.iter().map(|mark| self.mark(mark)).collect();
                marks.sort_unstable();
                Some(marks).filter(|marks| !marks.is_empty())
            }),
        )
    }

    fn mark(&self, mark: &andon_domain::mark::Mark) -> Mark {
        Mark {
            counter: self.manifest.counters.get(usize::from(mark.counter)).map(|c| c.code.clone()).unwrap_or_default(),
            at: Moment(mark.at),
            amount: mark.amount,
            cause: mark.cause.map(|i| code(&self.manifest.causes, i)),
            excluded: mark.excluded.map(|i| code(&self.manifest.exclusions, i)),
        }
    }

    fn readings(&self, snapshot: &Snapshot) -> BTreeMap<String, Reading> {
        let reading = |r: &andon_domain::reading::Reading| Reading {
            value: r.value,
            numerator: r.numerator,
            denominator: r.denominator,
            buyers: r.buyers,
            status: r.status.word().to_owned(),
            breached_in_a_row: r.breached_in_a_row,
            excluded: r.excluded_numerator,
        };
        self.manifest.metrics.iter().zip(&snapshot.readings).map(|(metric, r)| (metric.code.clone(), reading(r))).collect()
    }

    fn verdict(&self, verdict: &verdict::Verdict) -> Verdict {
        Verdict {
            standing: self.manifest.standings.get(usize::from(verdict.standing)).map(|s| s.code.clone()).unwrap_or_default(),
            score: verdict.score,
            reasons: self.reasons(&verdict.reasons),
            proposals: verdict.proposals.iter().map(|proposal| self.proposal(proposal)).collect(),
            revisit: verdict.revisit.map(Moment),
        }
    }

    fn proposal(&self, proposal: &verdict::Proposal) -> Proposal {
        let (mut orders_a_day, mut badge, mut listing) = (None, None, None);
        match proposal.action {
            Action::CapOrders(orders) => orders_a_day = Some(orders),
            Action::AwardBadge(i) | Action::RevokeBadge(i) => badge = Some(code(&self.manifest.badges, i)),
            Action::PullListing(key) | Action::RestoreListing(key) => listing = Some(self.listing(key)),
            _ => {}
        }
        let reasons = self.reasons(&proposal.reasons);
        Proposal { action: proposal.action.word().to_owned(), orders_a_day, days: proposal.days, badge, listing, reasons }
    }

    fn reasons(&self, reasons: &[verdict::Reason]) -> Vec<Reason> {
        let metric = |i: u16| self.manifest.metrics.get(usize::from(i)).map(|m| m.code.clone());
        let reason = |r: &verdict::Reason| Reason {
            code: code(&self.manifest.reasons, r.code),
            metric: r.metric.and_then(metric),
            listing: r.listing.map(|key| self.listing(key)),
        };
        reasons.iter().map(reason).collect()
    }

    fn listing(&self, key: u64) -> String {
        self.listings.get(&key).cloned().unwrap_or_default()
    }
}

/// Every index was checked when the answer came in.
fn code(codes: &[String], index: u16) -> String {
    codes.get(usize::from(index)).cloned().unwrap_or_default()
}

/// Copies of one fact, each with its answer if there is one.
type Copies<'a, T> = Vec<(&'a Subject, Option<T>)>;

/// Answers by subject. Copies of one fact stand under what it is written as, unless they were answered differently.
fn by_subject<T: PartialEq>(subjects: &[Subject], answers: impl Iterator<Item = Option<T>>) -> BySubject<T> {
    let mut groups: BTreeMap<(Kind, &str), Copies<'_, T>> = BTreeMap::new();
    for (subject, answer) in subjects.iter().zip(answers) {
        groups.entry((subject.kind, &subject.written)).or_default().push((subject, answer));
    }
    let mut all = BySubject::default();
    for ((kind, written), copies) in groups {
        let list = match kind {
            Kind::Contact => &mut all.contacts,
            Kind::Violation => &mut all.violations,
            _ => &mut all.orders,
        };
        if copies.windows(2).all(|pair| pair[0].1 == pair[1].1) {
            list.extend(copies.into_iter().next().and_then(|(_, answer)| Some((written.to_owned(), answer?))));
        } else {
            list.extend(copies.into_iter().filter_map(|(subject, answer)| Some((subject.name().to_owned(), answer?))));
        }
    }
    all
}

//! Steps 2 and 3 of the flow: what changed facts mean now, what they meant before, and the difference written to tallies,
//! evidence and the agenda, in the transaction that the caller holds.

mod closing;
mod ledger;

use andon_domain::change::Kind;
use andon_domain::days::Days;
use andon_domain::fact::Fact;
use andon_domain::ids::{Day, Instant, Named, Text};
use andon_domain::manifest::CounterKind;
use andon_domain::mark::{Classified, Mark};
use andon_domain::quota::held;
use andon_domain::tally::{Slot, bucket_of};

pub(crate) use self::closing::Closing;
use self::ledger::Ledger;
use super::classify::{self, Allowance, Answer};
use super::quota;
use super::retry::{AGAIN, RETRY};
use crate::markets::{Generation, Market};
use crate::store::session::{Evidence, Marked, Result, Session, Subject, TallyKey};

/// A subject in the transaction's hands, with what its row said before.
pub(crate) struct Touched {
    pub(crate) subject: Subject,
    pub(crate) new: bool,
    /// Something came that may name another merchant or beginning.
    pub(crate) renamed: bool,
    /// The order that a contact was about.
    pub(crate) order_before: Option<Text>,
    merchant_before: Option<i64>,
    began_before: Option<Instant>,
    revisit_before: Option<Instant>,
    /// Its marks are others than its row's.
    marked: bool,
    /// How long it is left alone at least, in milliseconds: 0 where something has happened.
    rest: Instant,
}

impl Touched {
    pub(crate) fn stored(subject: Subject) -> Self {
        let (merchant_before, began_before, revisit_before) = (subject.merchant, subject.began, subject.revisit);
        let opened = if subject.kind == Kind::Contact { subject.history.contact_opened() } else { None };
        let order_before = opened.and_then(|o| o.order.clone());
        Self {
            subject,
            new: false,
            renamed: false,
            order_before,
            merchant_before,
            began_before,
            revisit_before,
            marked: false,
            rest: 0,
        }
    }

    /// One that has asked to be asked about again.
    pub(crate) fn due(subject: Subject) -> Self {
        Self { rest: AGAIN, ..Self::stored(subject) }
    }

    pub(crate) fn fresh(subject: Subject) -> Self {
        Self {
            subject,
            new: true,
            renamed: true,
            order_before: None,
            merchant_before: None,
            began_before: None,
            revisit_before: None,
            marked: false,
            rest: 0,
        }
    }

    /// Each generation may want to be asked again at a moment of its own; at the earliest all of them are.
    fn revisit_at(&mut self, at: Option<Instant>) {
        self.subject.revisit = [self.subject.revisit, at].into_iter().flatten().min();
    }
}

/// A subject whose marks changed, or whom they are held against.
pub(super) struct Change {
    /// Which of the touched.
    pub(super) touched: usize,
    /// Where its new marks are among those of all generations.
    pub(super) slot: usize,
    /// The marks before, and whose they were.
    pub(super) before: Option<(i64, Marked)>,
}

/// Classifies the subjects under each of the marketplace's generations as of `now`, and writes them with all that follows but what
/// it comes to for their merchants. What is beyond the allowance is due to be asked about at once, in a transaction to come.
pub(crate) fn settle(
    session: &mut dyn Session,
    market: &Market,
    touched: &mut [Touched],
    now: Instant,
    allowance: &mut Allowance,
) -> Result<Closing> {
    let (mut ledger, mut days) = (Ledger::default(), Days::new(&market.calendar));
    let mut generations = market.tallied().peekable();
    if generations.peek().is_some() {
        let facts: Vec<Option<Fact>> = touched.iter().map(fact).collect();
        for t in touched.iter_mut() {
            t.subject.revisit = None;
        }
        for generation in generations {
            let changes = judge_facts(generation, touched, &facts, now, allowance, &mut ledger);
            tally(session, generation, touched, &changes, &mut days, &mut ledger)?;
        }
    }
    write(session, market, touched, ledger)
}

/// Classifies stored subjects under one generation more. Those it has been told of already, with the events that came meanwhile,
/// stay as they are; nobody becomes due, for it judges nobody yet.
pub(crate) fn settle_under(
    session: &mut dyn Session,
    market: &Market,
    generation: &Generation,
    mut touched: Vec<Touched>,
    now: Instant,
) -> Result<()> {
    let (mut ledger, mut days) = (Ledger::default(), Days::new(&market.calendar));
    let facts: Vec<Option<Fact>> = touched.iter().map(fact).collect();
    let mut allowance = Allowance::of(market);
    let changes = judge_facts(generation, &mut touched, &facts, now, &mut allowance, &mut ledger);
    tally(session, generation, &touched, &changes, &mut days, &mut ledger)?;
    touched.retain(|t| t.marked || t.subject.revisit != t.revisit_before);
    write(session, market, &touched, ledger).map(|_| ())
}

fn judge_facts(
    rules: &Generation,
    touched: &mut [Touched],
    facts: &[Option<Fact>],
    now: Instant,
    allowance: &mut Allowance,
    ledger: &mut Ledger,
) -> Vec<Change> {
    let mut changes = Vec::with_capacity(touched.len());
    let answers = classify::classify(rules, now, facts, allowance);
    for (((i, t), fact), answer) in touched.iter_mut().enumerate().zip(facts).zip(answers) {
        let place = (rules.id, t.subject.merchant.unwrap_or(0), t.subject.id);
        if let Some(before) = left_in_doubt(t) {
            ledger.clear.push((rules.id, before, t.subject.id));
            // Nothing was decided of them meanwhile.
            ledger.dirty.insert(before);
        }
        let classified = match answer {
            Answer::Nothing => Classified::default(),
            Answer::Marks(classified) => {
                if t.revisit_before.is_some() {
                    ledger.clear.push(place);
                }
                classified
            }
            Answer::Fault(fault) => {
                t.revisit_at(Some(now + RETRY));
                let (generation, merchant, _) = place;
                ledger.faults.push(fault.row(place, now, &t.subject.history));
                ledger.dirty.insert(merchant);
                changes.extend(take_along(generation, (i, t), fact.as_ref()));
                continue;
            }
            Answer::Later => {
                t.revisit_at(Some(now));
                ledger.later = true;
                changes.extend(take_along(rules.id, (i, t), fact.as_ref()));
                continue;
            }
        };
        t.revisit_at(classified.revisit.map(|at| at.max(now + t.rest)));
        changes.extend(replace_marks(rules.id, (i, t), fact.as_ref(), classified.marks));
    }
    changes
}

/// Whom a subject has left while it may not have been known what it meant: only what fails, or may change with time, is asked again.
fn left_in_doubt(t: &Touched) -> Option<i64> {
    t.merchant_before.filter(|before| t.revisit_before.is_some() && t.subject.merchant != Some(*before))
}

/// What a subject counted for before goes on counting while it is not known what it means now, for whomever it belongs to now.
fn take_along(generation: i64, (i, t): (usize, &mut Touched), fact: Option<&Fact>) -> Option<Change> {
    if t.merchant_before == t.subject.merchant {
        return None;
    }
    let kept = t.subject.marks.iter().find(|m| m.generation == generation)?.marks.clone();
    replace_marks(generation, (i, t), fact, kept)
}

fn fact(t: &Touched) -> Option<Fact> {
    t.subject.merchant?;
    t.subject.history.fact(&Named { key: t.subject.key, name: t.subject.reference.as_str().into() }, Instant::MAX)
}

fn replace_marks(generation: i64, (touched, t): (usize, &mut Touched), fact: Option<&Fact>, marks: Vec<Mark>) -> Option<Change> {
    let (buyer, listing) = parties(fact);
    let after = Marked { generation, buyer, listing, marks };
    let slot = t.subject.marks.iter().position(|m| m.generation == generation);
    let unchanged = slot.map_or(after.marks.is_empty(), |i| t.subject.marks[i] == after);
    if unchanged && t.merchant_before == t.subject.merchant {
        return None;
    }
    t.marked = true;
    let Some(slot) = slot else {
        t.subject.marks.push(after);
        return Some(Change { touched, slot: t.subject.marks.len() - 1, before: None });
    };
    let before = std::mem::replace(&mut t.subject.marks[slot], after);
    Some(Change { touched, slot, before: t.merchant_before.map(|merchant| (merchant, before)) })
}

/// Takes back what changed subjects counted for, and adds what they count for now.
fn tally(
    session: &mut dyn Session,
    generation: &Generation,
    touched: &[Touched],
    changes: &[Change],
    days: &mut Days<'_>,
    ledger: &mut Ledger,
) -> Result<()> {
    let manifest = generation.manifest();
    let turned = quota::turn(session, generation, touched, changes, days)?;
    for change in changes {
        let subject = &touched[change.touched].subject;
        if let Some((merchant, marked)) = &change.before {
            let counted = |mark: &Mark| Some(held(manifest, *mark, |quota| turned.before.contains(&(subject.id, quota))));
            count(generation, (*merchant, subject.id), marked, -1, counted, days, ledger);
        }
        if let Some(merchant) = subject.merchant {
            let counts = |mark: &Mark| Some(held(manifest, *mark, |quota| turned.after.contains(&(subject.id, quota))));
            count(generation, (merchant, subject.id), &subject.marks[change.slot], 1, counts, days, ledger);
        }
    }
    for other in &turned.others {
        let whose = (other.merchant, other.subject);
        count(generation, whose, &other.marked, -1, |mark| other.turned(manifest, mark, false), days, ledger);
        count(generation, whose, &other.marked, 1, |mark| other.turned(manifest, mark, true), days, ledger);
    }
    Ok(())
}

pub(crate) fn parties(fact: Option<&Fact>) -> (u64, u64) {
    match fact {
        Some(Fact::Order(o)) => (o.buyer.key, o.listing.key),
        Some(Fact::Violation(v)) => (0, v.listing.as_ref().map_or(0, |l| l.key)),
        _ => (0, 0),
    }
}

/// Adds up a subject's marks, each as `held` makes it.
fn count(
    generation: &Generation,
    (merchant, subject): (i64, i64),
    marked: &Marked,
    sign: i64,
    held: impl Fn(&Mark) -> Option<Mark>,
    days: &mut Days<'_>,
    ledger: &mut Ledger,
) {
    ledger.dirty.insert(merchant);
    let Marked { buyer, listing, .. } = *marked;
    for (ordinal, mark) in marked.marks.iter().enumerate().filter_map(|(i, mark)| Some((i, held(mark)?))) {
        let Some(counter) = generation.judge.manifest().counters.get(usize::from(mark.counter)) else { continue };
        let day = days.of(mark.at);
        let cell = (day, Slot::of(mark.counter, mark.excluded.is_some()), mark.amount.saturating_mul(sign));
        let key = TallyKey { generation: generation.id, bucket: bucket_of(day), merchant, listing: 0 };
        ledger.cells.entry(key).or_default().push(cell);
        ledger.cells.entry(TallyKey { merchant: 0, ..key }).or_default().push(cell);
        if counter.by_listing && listing != 0 {
            ledger.cells.entry(TallyKey { listing, ..key }).or_default().push(cell);
        }
        if counter.kind == CounterKind::Defect {
            let (generation, ordinal) = (generation.id, ordinal as u16);
            let evidence = Evidence { generation, merchant, subject, ordinal, mark, day, buyer, listing };
            if sign > 0 { ledger.add.push(evidence) } else { ledger.drop.push(evidence) }
        }
    }
}

fn write(session: &mut dyn Session, market: &Market, touched: &[Touched], mut ledger: Ledger) -> Result<Closing> {
    let (new, changed): (Vec<&Touched>, Vec<&Touched>) = touched.iter().partition(|t| t.new);
    session.put_subjects(
        &new.iter().map(|t| &t.subject).collect::<Vec<_>>(),
        &changed.iter().map(|t| &t.subject).collect::<Vec<_>>(),
    )?;
    ledger.balance();
    ledger.write_cells(session)?;
    if !ledger.drop.is_empty() || !ledger.add.is_empty() {
        session.evidence(&ledger.drop, &ledger.add)?;
    }
    let moved = |t: &&Touched| t.subject.revisit != t.revisit_before;
    let drop: Vec<_> = touched.iter().filter(moved).filter_map(|t| Some((t.revisit_before?, t.subject.id))).collect();
    let add: Vec<_> = touched.iter().filter(moved).filter_map(|t| Some((t.subject.revisit?, t.subject.id))).collect();
    if !drop.is_empty() || !add.is_empty() {
        session.revisits(market.id, &drop, &add)?;
    }
    if !ledger.faults.is_empty() || !ledger.clear.is_empty() {
        // Now all is known of them again, whether or not it counts otherwise.
        ledger.dirty.extend(session.faults(&ledger.faults, &ledger.clear)?);
    }
    ledger.dirty.remove(&0);
    Ok(Closing::of(touched, ledger.dirty, ledger.later))
}

/// What a subject's marks under a generation add up to, cell by cell: listing (0 for all), day, slot, amount. `beyond` says under
/// which quotas they do not count.
pub(super) fn cells_of(
    generation: &Generation,
    subject: &Subject,
    beyond: impl Fn(u16) -> bool,
    days: &mut Days<'_>,
) -> Vec<(u64, Day, Slot, i64)> {
    let mut ledger = Ledger::default();
    let held = |mark: &Mark| Some(held(generation.manifest(), *mark, &beyond));
    for marked in subject.marks.iter().filter(|m| m.generation == generation.id) {
        count(generation, (subject.merchant.unwrap_or(0), subject.id), marked, 1, held, days, &mut ledger);
    }
    let of_merchant = ledger.cells.into_iter().filter(|(key, _)| Some(key.merchant) == subject.merchant);
    of_merchant
        .flat_map(|(key, cells)| cells.into_iter().map(move |(day, slot, amount)| (key.listing, day, slot, amount)))
        .collect()
}

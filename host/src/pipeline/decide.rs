//! Step 7 of the flow: what follows from verdicts that bind, worked out by pure code and carried out in the transaction that stores
//! them. Rules propose; how far that goes is the operator's policy.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use andon_domain::enforce::alarm::is_alarming;
use andon_domain::enforce::decide::{Case, Held, Step, Steps, Terms, Wanted, decide};
use andon_domain::enforce::measure::{Kind, Measure, Origin};
use andon_domain::enforce::policy::{DAY, Modes};
use andon_domain::enforce::stage::Stage;
use andon_domain::ids::{Day, Instant};
use andon_domain::reading::Status;
use andon_domain::verdict::{Action, Proposal, Snapshot};
use serde_json::json;
use uuid::Uuid;

use super::desk::{Desk, Opening, TIME};
use super::listings;
use super::statement::{Grounds, Known};
use crate::markets::{Generation, Market};
use crate::store::StoreError;
use crate::store::accounts;
use crate::store::action_days::{self, Days, JUDGED};
use crate::store::enforcements::{self as rows, Record};
use crate::store::session::Session;

/// A merchant with a verdict that binds.
pub(crate) struct Considered {
    pub(crate) merchant: i64,
    pub(crate) joined: Instant,
    pub(crate) reinstated: Option<Instant>,
    /// The verdict, newly given or confirmed.
    pub(crate) verdict: Uuid,
    pub(crate) generation: Arc<Generation>,
    /// What the rules propose, and what they were shown; empty and absent where they propose nothing.
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) snapshot: Option<Snapshot>,
}

/// What follows for a merchant.
struct Following<'a> {
    of: &'a Considered,
    wanted: Vec<Wanted>,
    steps: Steps,
}

/// What follows for a batch of merchants, before anything of it is written.
pub(super) struct Decisions<'a> {
    following: Vec<Following<'a>>,
    judged: u64,
    book: Book,
}

/// The day's counts of each action, read once and kept up as decisions are made.
struct Book {
    judged: u64,
    days: BTreeMap<Kind, Counted>,
}

struct Counted {
    days: Days,
    /// In this batch: come up anew, and taken by itself.
    seen: u64,
    taken: u64,
    alarm: bool,
}

/// Works out what follows. Whoever is not heard of in `considered`, or whose verdict is stale, is left as they are.
pub(super) fn work_out<'a>(
    session: &mut dyn Session,
    market: &Market,
    considered: &'a [Considered],
    now: Instant,
) -> Result<Decisions<'a>, StoreError> {
    let merchants: Vec<i64> = considered.iter().map(|c| c.merchant).collect();
    let since = now - Instant::from(market.policy.cooldown_days) * DAY;
    let mut cases = accounts::cases(session, &merchants, since, now)?;
    let concerned = |c: &&Considered| !c.proposals.is_empty() || cases.get(&c.merchant).is_some_and(|case| !case.open.is_empty());
    let concerned: Vec<&Considered> = considered.iter().filter(concerned).collect();
    let stale = stale(session, &concerned)?;
    let (modes, mut following) = (market.modes(), Vec::new());
    let mut book = Book { judged: considered.len() as u64, days: BTreeMap::new() };
    for of in concerned.into_iter().filter(|c| !stale.contains(&c.merchant)) {
        let case = Case { joined: of.joined, reinstated: of.reinstated, ..cases.remove(&of.merchant).unwrap_or_default() };
        let wanted = wanted(session, market, of, &case)?;
        let day = market.calendar.day_of(now);
        for one in &wanted {
            book.read(session, market, one.measure.kind, day)?;
        }
        let steps = book.decide(&case, &wanted, (market, &modes), now);
        if steps != Steps::default() {
            following.push(Following { of, wanted, steps });
        }
    }
    Ok(Decisions { following, judged: considered.len() as u64, book })
}

/// Merchants of whom something is not known, because the rules fail over it.
fn stale(session: &mut dyn Session, concerned: &[&Considered]) -> Result<HashSet<i64>, StoreError> {
    let mut by_generation: HashMap<i64, Vec<i64>> = HashMap::new();
    for c in concerned {
        by_generation.entry(c.generation.id).or_default().push(c.merchant);
    }
    let mut stale = HashSet::new();
    for (generation, merchants) in by_generation {
        stale.extend(accounts::stale(session, generation, &merchants)?);
    }
    Ok(stale)
}

/// Proposals in words that outlive the rules. One about a listing that nothing is known of is left out.
fn wanted(session: &mut dyn Session, market: &Market, of: &Considered, case: &Case) -> Result<Vec<Wanted>, StoreError> {
    let manifest = of.generation.manifest();
    let mut all = Vec::new();
    for proposal in &of.proposals {
        let Some(measure) = measure(session, market, of, case, proposal.action)? else { continue };
        let code = |i: u16| manifest.reasons.get(usize::from(i)).cloned().unwrap_or_default();
        all.push(Wanted {
            measure,
            days: proposal.days,
            reasons: proposal.reasons.iter().map(|r| code(r.code)).collect(),
            is_insufficient: of.snapshot.as_ref().is_none_or(|snapshot| is_insufficient(snapshot, proposal)),
        });
    }
    Ok(all)
}

fn is_insufficient(snapshot: &Snapshot, proposal: &Proposal) -> bool {
    proposal.reasons.iter().any(|reason| {
        let of_listing = |key: u64| snapshot.listings.iter().find(|l| l.listing == key).map(|l| &l.readings);
        let readings = reason.listing.map_or(Some(&snapshot.readings), of_listing);
        let reading = reason.metric.and_then(|metric| readings?.get(usize::from(metric)));
        reading.is_some_and(|reading| reading.status == Status::Insufficient)
    })
}

fn measure(
    session: &mut dyn Session,
    market: &Market,
    of: &Considered,
    case: &Case,
    action: Action,
) -> Result<Option<Measure>, StoreError> {
    let badge = |i: u16| of.generation.manifest().badges.get(usize::from(i)).cloned();
    let mut of_listing = |kind: Kind, key: u64| {
        let whose = (of.generation.id, of.merchant);
        let name = listings::reference(session, market, whose, &case.effect().listings_pulled, key)?;
        Ok::<_, StoreError>(name.map(|name| Measure::about(kind, &name)))
    };
    Ok(match action {
        Action::PullListing(key) => of_listing(Kind::PullListing, key)?,
        Action::RestoreListing(key) => of_listing(Kind::RestoreListing, key)?,
        Action::AwardBadge(i) => badge(i).map(|code| Measure::about(Kind::AwardBadge, &code)),
        Action::RevokeBadge(i) => badge(i).map(|code| Measure::about(Kind::RevokeBadge, &code)),
        Action::CapOrders(orders) => Some(Measure { amount: Some(orders), ..Measure::of(Kind::CapOrders) }),
        Action::Notice => Some(Measure::of(Kind::Notice)),
        Action::Warning => Some(Measure::of(Kind::Warning)),
        Action::HoldPayouts => Some(Measure::of(Kind::HoldPayouts)),
        Action::Suspend => Some(Measure::of(Kind::Suspend)),
        Action::Terminate => Some(Measure::of(Kind::Terminate)),
        Action::Reinstate => Some(Measure::of(Kind::Reinstate)),
        Action::AskPlanOfAction => Some(Measure::of(Kind::AskPlanOfAction)),
        Action::Restrict => Some(Measure::of(Kind::Restrict)),
    })
}

impl Book {
    fn read(&mut self, session: &mut dyn Session, market: &Market, kind: Kind, day: i32) -> Result<(), StoreError> {
        if let Entry::Vacant(place) = self.days.entry(kind) {
            let days = action_days::days(session, market.id, kind, day)?;
            place.insert(Counted { days, seen: 0, taken: 0, alarm: false });
        }
        Ok(())
    }

    /// Decides one case, and counts what comes of it.
    fn decide(&mut self, case: &Case, wanted: &[Wanted], (market, modes): (&Market, &Modes), now: Instant) -> Steps {
        let (policy, judged) = (&market.policy, self.judged);
        let days = &mut self.days;
        let mut room = |kind: Kind| {
            let counted = days.get_mut(&kind)?;
            let mut today = counted.days.today;
            (today.judged, today.hits) = (today.judged + judged, today.hits + counted.seen + 1);
            if counted.days.taken + counted.taken >= u64::from(policy.cap(kind)) {
                return Some(Held::DailyCap);
            }
            counted.alarm |= is_alarming(&counted.days.before, today, &policy.alarm);
            counted.alarm.then_some(Held::Alarm)
        };
        let steps = decide(case, wanted, Terms { modes, policy }, now, &mut room);
        for step in &steps.steps {
            let Step::Open { wanted: place, stage, .. } = step else { continue };
            let measure = &wanted[*place].measure;
            let noted = case.open.iter().any(|o| o.origin == Origin::Rules && o.measure.is_same(measure));
            let Some(counted) = self.days.get_mut(&measure.kind) else { continue };
            counted.seen += u64::from(!noted);
            counted.taken += u64::from(matches!(stage, Stage::Scheduled | Stage::InForce | Stage::Done));
        }
        steps
    }
}

impl Decisions<'_> {
    /// When gates open by themselves: (merchant, when).
    pub(super) fn again(&self) -> impl Iterator<Item = (i64, Instant)> {
        self.following.iter().filter_map(|f| Some((f.of.merchant, f.steps.again?)))
    }

    /// Carries it out.
    pub(super) fn carry_out(self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        for following in &self.following {
            following.carry_out(desk)?;
        }
        let day = desk.market.calendar.day_of(desk.now);
        note_silence(desk, day)?;
        let mut counts = vec![(JUDGED, self.judged, 0)];
        counts.extend(self.book.days.iter().map(|(kind, c)| (kind.word(), c.seen, c.taken)));
        action_days::count(desk.session, desk.market.id, day, &counts)?;
        for (kind, counted) in self.book.days.iter().filter(|(_, c)| c.alarm) {
            raise(desk, *kind, counted, self.judged)?;
        }
        Ok(())
    }
}

/// Says, when a day's first merchants are judged, that nobody has pulled a cord for long: where cords are in use that is a sign of a
/// broken one, not of perfect listings.
fn note_silence(desk: &mut Desk<'_>, day: Day) -> Result<(), StoreError> {
    let (market, days) = (desk.market, i32::from(desk.market.policy.cord.silent_days));
    let sql = "select min(case when action = '' then day end), max(case when action = '' then day end),
            max(case when action = 'alarm:cord' then day end) from action_days where marketplace = ?1 and action in ('', 'alarm:cord')";
    let rows = desk.session.ask(sql, &[market.id.into()])?;
    let known = |column| rows.first().and_then(|row| row.int(column)).and_then(|day| Day::try_from(day).ok());
    let (Some(first), Some(last)) = (known(0), known(1)) else { return Ok(()) };
    let said_lately = known(2).is_some_and(|said| day - said < days);
    let since = desk.now - Instant::from(days) * DAY;
    if last >= day || day - first < days || said_lately || !rows::cords(desk.session, market.id, since, 1)?.is_empty() {
        return Ok(());
    }
    action_days::count(desk.session, market.id, day, &[("alarm:cord", 1, 0)])?;
    metrics::counter!("andon_cord_silences_total", "marketplace" => market.code.clone()).increment(1);
    desk.note("cord.silent", ("cord", None), (TIME, "nobody has pulled a cord for long"), json!({ "days": days }));
    Ok(())
}

/// Says once a day that an action hits far more than it used to.
fn raise(desk: &mut Desk<'_>, kind: Kind, counted: &Counted, judged: u64) -> Result<(), StoreError> {
    let (market, day) = (desk.market, desk.market.calendar.day_of(desk.now));
    let name = format!("alarm:{}", kind.word());
    let sql = "select 1 from action_days where marketplace = ?1 and action = ?2 and day = ?3";
    if !desk.session.ask(sql, &[market.id.into(), name.as_str().into(), i64::from(day).into()])?.is_empty() {
        return Ok(());
    }
    action_days::count(desk.session, market.id, day, &[(&name, 1, 0)])?;
    metrics::counter!("andon_enforcement_alarms_total", "marketplace" => market.code.clone(), "action" => kind.word())
        .increment(1);
    let today = counted.days.today;
    let data = json!({
        "action": kind.word(),
        "hits": today.hits + counted.seen,
        "judged": today.judged + judged,
        "days_before": counted.days.before.len(),
        "hits_before": counted.days.before.iter().map(|d| d.hits).sum::<u64>(),
        "judged_before": counted.days.before.iter().map(|d| d.judged).sum::<u64>(),
    });
    desk.note(
        "alarm.raised",
        (kind.word(), None),
        (TIME, "the action hits far more than it used to; a person looks at each now"),
        data,
    );
    Ok(())
}

impl Following<'_> {
    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        let of = self.of;
        let manifest = of.generation.manifest();
        let author = format!("rules:{}@{}", manifest.name, manifest.version);
        let mut known = Known::new();
        for step in &self.steps.steps {
            match step {
                Step::Close { id, by } => {
                    if let Some(mut row) = desk.find(*id)? {
                        // What is open was read in this transaction, so the move is one that its stage allows.
                        let _ = desk.shift(&mut row, *by, &author, "the rules no longer propose it")?;
                    }
                }
                Step::Open { wanted, stage, effective_at, held } => {
                    let one = &self.wanted[*wanted];
                    let record = self.record(desk, &mut known, one)?;
                    desk.open(Opening {
                        merchant: of.merchant,
                        measure: one.measure.clone(),
                        origin: Origin::Rules,
                        stage: *stage,
                        held: *held,
                        effective_at: *effective_at,
                        days: one.days,
                        verdict: Some((of.verdict, of.generation.id)),
                        author: author.clone(),
                        reason: one.reasons.join(", "),
                        record,
                    })?;
                }
            }
        }
        Ok(())
    }

    /// What the decision rests on, put down now.
    fn record(&self, desk: &mut Desk<'_>, known: &mut Known, one: &Wanted) -> Result<Record, StoreError> {
        let of = self.of;
        let codes =
            |p: &&Proposal| p.reasons.iter().map(|r| &of.generation.manifest().reasons[usize::from(r.code)]).eq(&one.reasons);
        let proposal =
            of.proposals.iter().filter(codes).find(|p| p.action.word() == one.measure.kind.word() && p.days == one.days);
        let (statement, cited) = match (&of.snapshot, proposal) {
            (Some(snapshot), Some(proposal)) => Grounds {
                market: desk.market,
                generation: &of.generation,
                merchant: of.merchant,
                snapshot,
                reasons: &proposal.reasons,
            }
            .state(desk.session, known, desk.now)?,
            _ => Default::default(),
        };
        Ok(Record { reasons: one.reasons.clone(), statement, cited, ..Record::default() })
    }
}

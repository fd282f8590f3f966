//! Where enforcements are opened, moved on and undone: inside a transaction of the writer's, with what they add up to for the
//! merchant, an entry in the ledger and a message to whom it concerns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use andon_domain::calendar::rfc3339;
use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::{Account, Effect, Illegal, Kind, Measure, Origin};
use andon_domain::enforce::policy::{DAY, HOUR};
use andon_domain::enforce::stage::{Barred, Move, Stage};
use andon_domain::ids::Instant;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::clock::Clock;
use crate::markets::Market;
use crate::store::StoreError;
use crate::store::enforcements::{self as rows, Enforcement, Record, Signed};
use crate::store::ledger::{self, NewEntry};
use crate::store::outbox::{self, Outgoing};
use crate::store::session::Session;

/// Who acts when only time has passed.
pub(crate) const TIME: &str = "andon";

/// Why an enforcement was not opened or moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("there is no such thing")]
    Unknown,
    /// The state of the account does not allow it.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// Its stage does not allow it.
    #[error(transparent)]
    Barred(#[from] Barred),
    /// It clashes with what is there.
    #[error("{0}")]
    Clash(String),
    /// Nobody decides in their own case.
    #[error("nobody decides in their own case: {0}")]
    OwnCase(&'static str),
    /// A field says something that cannot be.
    #[error("`{field}` {why}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// What became of a request: done, or refused with nothing changed.
pub(crate) type Answer<T> = Result<Result<T, Refusal>, StoreError>;

/// An enforcement to open.
pub(crate) struct Opening {
    pub(crate) merchant: i64,
    pub(crate) measure: Measure,
    pub(crate) origin: Origin,
    pub(crate) stage: Stage,
    pub(crate) held: Option<Held>,
    pub(crate) effective_at: Instant,
    pub(crate) days: Option<u16>,
    /// The verdict it rests on, and the generation that gave it.
    pub(crate) verdict: Option<(Uuid, i64)>,
    pub(crate) author: String,
    pub(crate) reason: String,
    pub(crate) record: Record,
}

/// Something that happened at the desk.
struct Happened {
    row: Enforcement,
    word: &'static str,
    before: Option<Stage>,
    actor: String,
    reason: String,
}

/// A message that is about no enforcement by itself.
struct Note {
    kind: &'static str,
    subject: String,
    merchant: Option<i64>,
    actor: String,
    reason: String,
    data: Json,
}

/// One transaction's work on a marketplace's enforcements.
pub(crate) struct Desk<'a> {
    pub(crate) session: &'a mut dyn Session,
    pub(crate) market: &'a Market,
    pub(crate) clock: &'a dyn Clock,
    /// By the marketplace's clock.
    pub(crate) now: Instant,
    opened: Vec<Enforcement>,
    happened: Vec<Happened>,
    notes: Vec<Note>,
    touched: BTreeSet<i64>,
    reinstated: BTreeSet<i64>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(session: &'a mut dyn Session, market: &'a Market, clock: &'a dyn Clock) -> Self {
        let now = market.now(clock.now());
        let (opened, happened, notes, touched, reinstated) = Default::default();
        Self { session, market, clock, now, opened, happened, notes, touched, reinstated }
    }

    /// Opens an enforcement. Whether that may be was worked out before.
    pub(crate) fn open(&mut self, opening: Opening) -> Result<Uuid, StoreError> {
        let Opening { merchant, measure, origin, stage, held, effective_at, days, verdict, author, reason, record } = opening;
        let (verdict, generation) = verdict.unzip();
        let (id, now) = (self.clock.new_id(), self.now);
        let mut row = Enforcement {
            id,
            market: self.market.id,
            merchant,
            measure,
            origin,
            stage,
            held,
            days,
            verdict,
            generation,
            author,
            opened_at: now,
            effective_at,
            ends_at: None,
            due_at: None,
            closed_at: None,
            record,
        };
        self.settle_times(&mut row);
        if stage == Stage::Done {
            self.lift_others(&mut row)?;
        }
        let actor = row.author.clone();
        self.tell(&row, None, actor, reason);
        self.opened.push(row);
        Ok(id)
    }

    /// Moves an enforcement on.
    pub(crate) fn shift(&mut self, row: &mut Enforcement, by: Move, actor: &str, reason: &str) -> Answer<()> {
        let before = row.stage;
        match before.after(by) {
            Ok(stage) => row.stage = stage,
            Err(barred) => return Ok(Err(barred.into())),
        }
        if by == Move::TakeEffect {
            row.effective_at = self.now;
        }
        let person = actor != TIME && !actor.starts_with("rules:");
        let narrowed = matches!(row.measure.kind, Kind::Restrict | Kind::Suspend | Kind::Terminate);
        if person && narrowed && matches!(by, Move::Lift | Move::Reverse) && before == Stage::InForce {
            self.reinstated.insert(row.merchant);
        }
        match (row.stage, by) {
            (Stage::Done, _) => self.lift_others(row)?,
            (_, Move::Reverse) if row.measure.kind.lifts_others() => self.resume_others(row)?,
            _ => {}
        }
        if !row.stage.is_open() {
            row.record.closing = Some(Signed { by: actor.to_owned(), at: self.now, note: reason.to_owned() });
        }
        self.settle_times(row);
        self.flush()?;
        rows::update(self.session, row)?;
        fail::fail_point!("desk::mid-move");
        self.tell(row, Some(before), actor.to_owned(), reason.to_owned());
        Ok(Ok(()))
    }

    /// Puts off what was announced.
    pub(crate) fn postpone(&mut self, row: &mut Enforcement, to: Instant, reason: &str) -> Result<(), StoreError> {
        (row.effective_at, row.due_at) = (to, Some(to));
        self.flush()?;
        rows::update(self.session, row)?;
        let (before, actor, reason) = (Some(row.stage), TIME.to_owned(), reason.to_owned());
        self.happened.push(Happened { row: row.clone(), word: "enforcement.postponed", before, actor, reason });
        Ok(())
    }

    /// When it ends, when time moves it on, when it was over: all follow from how far it has come.
    fn settle_times(&mut self, row: &mut Enforcement) {
        if row.stage == Stage::InForce && row.ends_at.is_none() {
            row.ends_at = row.days.map(|days| row.effective_at + Instant::from(days) * DAY);
        }
        row.closed_at = if row.stage.is_open() { None } else { row.closed_at.or(Some(self.now)) };
        row.due_at = match row.stage {
            Stage::Scheduled => Some(row.effective_at),
            Stage::InReview | Stage::InForce if row.origin == Origin::Cord && row.record.approvals.is_empty() => {
                Some(row.opened_at + Instant::from(self.market.policy.cord.escalate_hours) * HOUR)
            }
            Stage::InReview => Some(row.opened_at + Instant::from(self.market.policy.review_hours) * HOUR),
            Stage::InForce => row.ends_at,
            _ => None,
        };
    }

    /// Ends what this measure is there to end, and keeps in its record what that was.
    fn lift_others(&mut self, row: &mut Enforcement) -> Result<(), StoreError> {
        if !row.measure.kind.lifts_others() {
            return Ok(());
        }
        self.flush()?;
        let by = if row.author.starts_with("rules:") { Origin::Rules } else { Origin::Person };
        for mut other in rows::open_of(self.session, row.merchant)? {
            if other.stage == Stage::InForce && row.measure.lifts(by, &other.measure, other.origin) {
                row.record.lifted.push(other.id);
                let author = row.author.clone();
                // It is in force, so it can be lifted.
                let _ = self.shift(&mut other, Move::Lift, &author, row.measure.kind.word())?;
            }
        }
        Ok(())
    }

    /// Puts back in force what a reversed measure had ended, but for what has run out or has been done anew since.
    fn resume_others(&mut self, row: &Enforcement) -> Result<(), StoreError> {
        for id in row.record.lifted.clone() {
            let Some(mut other) = rows::one(self.session, self.market.id, id)? else { continue };
            let open = rows::open_of(self.session, row.merchant)?;
            let anew = open.iter().any(|o| o.origin == other.origin && o.measure.is_same(&other.measure));
            let over = other.ends_at.is_some_and(|ends| ends <= self.now);
            if !anew && !over {
                let _ = self.shift(&mut other, Move::Resume, TIME, "what had ended it was reversed")?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, row: &Enforcement, before: Option<Stage>, actor: String, reason: String) {
        let in_force = |stage: Option<Stage>| stage == Some(Stage::InForce);
        if in_force(before) || in_force(Some(row.stage)) {
            self.touched.insert(row.merchant);
        }
        let word = match row.stage {
            Stage::Observed => "enforcement.observed",
            Stage::InReview => "enforcement.proposed",
            Stage::Scheduled => "enforcement.scheduled",
            Stage::InForce | Stage::Done => "enforcement.taken",
            Stage::Expired | Stage::Lifted => "enforcement.ended",
            Stage::Declined => "enforcement.declined",
            Stage::Withdrawn => "enforcement.withdrawn",
            Stage::Reversed => "enforcement.reversed",
        };
        self.happened.push(Happened { row: row.clone(), word, before, actor, reason });
    }

    /// Says something that moves no enforcement, in the ledger and to whom it concerns: a merchant, or staff alone.
    pub(crate) fn note(&mut self, kind: &'static str, about: (&str, Option<i64>), said: (&str, &str), data: Json) {
        let ((subject, merchant), (actor, reason)) = (about, said);
        let (subject, actor, reason) = (subject.to_owned(), actor.to_owned(), reason.to_owned());
        self.notes.push(Note { kind, subject, merchant, actor, reason, data });
    }

    /// Writes what was opened, so that it can be read back.
    fn flush(&mut self) -> Result<(), StoreError> {
        let opened = std::mem::take(&mut self.opened);
        rows::insert(self.session, &opened)
    }

    /// An enforcement of this marketplace.
    pub(crate) fn find(&mut self, id: Uuid) -> Result<Option<Enforcement>, StoreError> {
        self.flush()?;
        rows::one(self.session, self.market.id, id)
    }

    /// What is open of a merchant.
    pub(crate) fn open_of(&mut self, merchant: i64) -> Result<Vec<Enforcement>, StoreError> {
        self.flush()?;
        rows::open_of(self.session, merchant)
    }

    /// Writes what is left: rows, what measures add up to, entries, messages.
    pub(crate) fn finish(mut self) -> Result<(), StoreError> {
        self.flush()?;
        let touched: Vec<i64> = self.touched.iter().copied().collect();
        let effects = rows::effects(self.session, &touched)?;
        for (merchant, effect) in &effects {
            let lifted = self.reinstated.contains(merchant) && effect.account == Account::Active;
            rows::put_effect(self.session, *merchant, effect, lifted.then_some(self.now))?;
        }
        let about: BTreeSet<i64> =
            self.happened.iter().map(|h| h.row.merchant).chain(self.notes.iter().filter_map(|n| n.merchant)).collect();
        let names = rows::references(self.session, &about.into_iter().collect::<Vec<_>>())?;
        fail::fail_point!("desk::before-ledger");
        self.enter(&names)?;
        fail::fail_point!("desk::before-outbox");
        self.send(&names, &effects)?;
        fail::fail_point!("desk::after-outbox");
        Ok(())
    }

    fn enter(&mut self, names: &HashMap<i64, String>) -> Result<(), StoreError> {
        let wall = self.clock.now();
        let stated = |row: &Enforcement, stage: Stage| state(row, stage, names).to_string();
        let texts: Vec<(String, Option<String>, String)> = self
            .happened
            .iter()
            .map(|h| (format!("enforcement/{}", h.row.id), h.before.map(|b| stated(&h.row, b)), stated(&h.row, h.row.stage)))
            .collect();
        let moved = self.happened.iter().zip(&texts).map(|(h, (about, before, after))| NewEntry {
            at: wall,
            actor: &h.actor,
            kind: h.word,
            merchant: Some(h.row.merchant),
            about,
            reason: &h.reason,
            before: before.as_deref(),
            after: Some(after),
        });
        let said: Vec<String> = self.notes.iter().map(|n| n.data.to_string()).collect();
        let noted = self.notes.iter().zip(&said).map(|(n, data)| NewEntry {
            at: wall,
            actor: &n.actor,
            kind: n.kind,
            merchant: n.merchant,
            about: &n.subject,
            reason: &n.reason,
            before: None,
            after: Some(data),
        });
        ledger::append(self.session, self.market.id, &moved.chain(noted).collect::<Vec<_>>())
    }

    fn send(&mut self, names: &HashMap<i64, String>, effects: &HashMap<i64, Effect>) -> Result<(), StoreError> {
        let (clock, now) = (self.clock, self.now);
        let mut data: BTreeMap<usize, String> = BTreeMap::new();
        for (i, h) in self.happened.iter().enumerate().filter(|(_, h)| h.row.stage != Stage::Observed) {
            let mut message = state(&h.row, h.row.stage, names);
            message["reasons"] = json!(h.row.record.reasons);
            message["account"] = json!(effects.get(&h.row.merchant));
            data.insert(i, message.to_string());
        }
        let moved = data.iter().map(|(i, data)| {
            let h = &self.happened[*i];
            let told = h.row.stage.is_told()
                && h.before.is_none_or(|before| before != Stage::InReview || h.row.stage != Stage::Declined);
            Outgoing {
                id: clock.new_id(),
                kind: h.word,
                subject: names.get(&h.row.merchant).map_or("", String::as_str),
                merchant: told.then_some(h.row.merchant),
                at: now,
                data,
                confirm: asks_to_act(h),
            }
        });
        let said: Vec<String> = self.notes.iter().map(|n| n.data.to_string()).collect();
        let noted = self.notes.iter().zip(&said).map(|(n, data)| Outgoing {
            id: clock.new_id(),
            kind: n.kind,
            subject: &n.subject,
            merchant: n.merchant,
            at: now,
            data,
            confirm: false,
        });
        outbox::put(self.session, self.market.id, &moved.chain(noted).collect::<Vec<_>>())
    }
}

/// Whether the marketplace has something to carry out: a measure that came into force or went out of it.
fn asks_to_act(happened: &Happened) -> bool {
    let acts = happened.row.measure.kind.weighs()
        || happened.row.measure.kind.lifts_others()
        || happened.row.measure.kind == Kind::AwardBadge;
    let in_force = |stage: Stage| matches!(stage, Stage::InForce | Stage::Done);
    acts && in_force(happened.row.stage) != happened.before.is_some_and(in_force)
}

/// An enforcement in short, as the ledger and messages have it.
pub(crate) fn state(row: &Enforcement, stage: Stage, names: &HashMap<i64, String>) -> Json {
    let mut state = json!({
        "enforcement": row.id,
        "merchant": names.get(&row.merchant),
        "action": row.measure.kind.word(),
        "origin": row.origin.word(),
        "stage": stage.word(),
        "effective_at": rfc3339(row.effective_at),
    });
    if !row.measure.object.is_empty() {
        let member = if matches!(row.measure.kind, Kind::PullListing | Kind::RestoreListing) { "listing" } else { "badge" };
        state[member] = json!(row.measure.object);
    }
    if let Some(amount) = row.measure.amount {
        state["orders_a_day"] = json!(amount);
    }
    if let Some(ends) = row.ends_at {
        state["ends_at"] = json!(rfc3339(ends));
    }
    if let Some(held) = row.held {
        state["held"] = json!(held.word());
    }
    state
}

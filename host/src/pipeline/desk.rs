//! Where enforcements are opened, moved on and undone: inside a transaction of the writer's, with what they add up to for the
//! merchant, an entry in the ledger and a message to whom it concerns.

mod telling;

use std::collections::BTreeSet;

use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::{Account, Effect, Illegal, Measure, Origin, is_person};
use andon_domain::enforce::policy::{DAY, HOUR};
use andon_domain::enforce::stage::{Barred, Move, Stage};
use andon_domain::ids::Instant;
use uuid::Uuid;

pub(crate) use andon_domain::enforce::measure::TIME;
pub(crate) use telling::state;
use telling::{Happened, Note};

use crate::clock::Clock;
use crate::markets::Market;
use crate::store::StoreError;
use crate::store::accounts;
use crate::store::enforcements::{self as rows, Enforcement, Record, Signed};
use crate::store::session::{Hold, Session};

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
    /// Takes the marketplace's desk: what is read there stays so until the transaction ends.
    pub(crate) fn of(session: &'a mut dyn Session, market: &'a Market, clock: &'a dyn Clock) -> Result<Self, StoreError> {
        session.hold(Hold::Desk(market.id))?;
        let now = market.now(clock.now());
        let (opened, happened, notes, touched, reinstated) = Default::default();
        Ok(Self { session, market, clock, now, opened, happened, notes, touched, reinstated })
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
        self.shift_from(row.clone(), row, by, (actor, reason))
    }

    /// Moves on an enforcement of which something else is otherwise as well than it `was`.
    pub(crate) fn shift_from(
        &mut self,
        was: Enforcement,
        row: &mut Enforcement,
        by: Move,
        (actor, reason): (&str, &str),
    ) -> Answer<()> {
        let before = row.stage;
        match before.after(by) {
            Ok(stage) => row.stage = stage,
            Err(barred) => return Ok(Err(barred.into())),
        }
        if by == Move::TakeEffect {
            row.effective_at = self.now;
        }
        row.record.never_held = before == Stage::Scheduled && by == Move::Reverse;
        let ended = matches!(by, Move::Lift | Move::Reverse) && before == Stage::InForce;
        if ended && is_person(actor) && row.measure.kind.narrows() {
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
        self.tell(row, Some(was), actor.to_owned(), reason.to_owned());
        Ok(Ok(()))
    }

    /// Puts off what was announced.
    pub(crate) fn postpone(&mut self, row: &mut Enforcement, to: Instant, reason: &str) -> Result<(), StoreError> {
        let (before, actor, reason) = (Some(row.clone()), TIME.to_owned(), reason.to_owned());
        (row.effective_at, row.due_at) = (to, Some(to));
        self.flush()?;
        rows::update(self.session, row)?;
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
                let decider = row.decided_by().to_owned();
                // It is in force, so it can be lifted.
                let _ = self.shift(&mut other, Move::Lift, &decider, row.measure.kind.word())?;
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
        let effects = accounts::effects(self.session, &touched)?;
        let is_open = |merchant: &i64| effects.get(merchant).is_some_and(|effect| effect.account == Account::Active);
        let reopened: Vec<i64> = self.reinstated.iter().copied().filter(is_open).collect();
        let outcome =
            |(merchant, effect): (&i64, &Effect)| (*merchant, effect.clone(), reopened.contains(merchant).then_some(self.now));
        accounts::put_effects(self.session, &effects.iter().map(outcome).collect::<Vec<_>>())?;
        if !reopened.is_empty() {
            // Rules are told of it, and it may be long until anything else has them asked.
            self.session.mark_dirty(self.market.id, &reopened, self.clock.now().saturating_mul(1_000))?;
        }
        let about: BTreeSet<i64> =
            self.happened.iter().map(|h| h.row.merchant).chain(self.notes.iter().filter_map(|n| n.merchant)).collect();
        let names = accounts::references(self.session, &about.into_iter().collect::<Vec<_>>())?;
        fail::fail_point!("desk::before-ledger");
        self.enter(&names)?;
        fail::fail_point!("desk::before-outbox");
        self.send(&names, &effects)?;
        fail::fail_point!("desk::after-outbox");
        Ok(())
    }
}

//! What follows from a verdict: pure code that takes how a merchant stands, what the rules propose and what the operator allows to
//! what is to be opened and closed. Rules propose; nothing here is done unless every gate is open.

use uuid::Uuid;

use super::measure::{Effect, Kind, Measure, Origin};
use super::policy::{DAY, Mode, Modes, Policy};
use super::stage::{Move, Stage};
use crate::fact::words;
use crate::ids::Instant;

words!(/** What kept something from happening at once, and by itself. */ Held {
    Mode = "mode", NewMerchant = "new-merchant", Immunity = "immunity", Cooldown = "cooldown", Override = "override",
    TwoPeople = "two-people", DailyCap = "daily-cap", Alarm = "alarm", Doubt = "doubt", Grace = "grace", Notice = "notice",
});

/// What rules propose about one merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What to do.
    pub measure: Measure,
    /// For how many days; `None`: until it is ended.
    pub days: Option<u16>,
    /// Codes of the reasons.
    pub reasons: Vec<String>,
    /// Whether a metric it rests on has not enough behind it.
    pub is_insufficient: bool,
}

/// An enforcement that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub measure: Measure,
    /// Who brought it about.
    pub origin: Origin,
    /// How far it has come.
    pub stage: Stage,
    /// What kept it from coming further.
    pub held: Option<Held>,
    /// From when on it holds.
    pub effective_at: Instant,
    /// Whether it ends by itself at a time of its own.
    pub is_timed: bool,
}

/// One that ended lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it did.
    pub measure: Measure,
    /// How it ended.
    pub stage: Stage,
    /// When.
    pub at: Instant,
}

/// How a merchant stands with us.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// When it joined.
    pub joined: Instant,
    /// When a person last lifted a suspension.
    pub reinstated: Option<Instant>,
    /// What is open.
    pub open: Vec<Open>,
    /// What ended within the cooldown.
    pub ended: Vec<Ended>,
    /// What an operator holds back, and until when; `None` as a kind: everything that weighs.
    pub overrides: Vec<(Option<Kind>, Instant)>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Open an enforcement of what was proposed at this place.
    Open {
        /// Which of the proposals.
        wanted: usize,
        /// Where it begins.
        stage: Stage,
        /// From when on it is to hold.
        effective_at: Instant,
        /// What kept it from more.
        held: Option<Held>,
    },
    /// Close one.
    Close {
        /// Which.
        id: Uuid,
        /// How.
        by: Move,
    },
}

/// What is to be done, and when to ask again although nothing happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// In order.
    pub steps: Vec<Step>,
    /// When a gate opens by itself.
    pub again: Option<Instant>,
}

/// What an operator allows.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Modes of actions.
    pub modes: &'a Modes,
    /// The rest.
    pub policy: &'a Policy,
}

impl Case {
    /// What holds for the merchant.
    pub fn effect(&self) -> Effect {
        Effect::of(self.open.iter().filter(|o| o.stage == Stage::InForce).map(|o| &o.measure))
    }

    fn of_rules(&self, measure: &Measure) -> Option<&Open> {
        self.open.iter().find(|o| o.origin == Origin::Rules && o.measure.is_same(measure))
    }

    /// Since when the merchant is warned.
    fn warned_at(&self) -> Option<Instant> {
        let warned = |o: &&Open| o.measure.kind == Kind::Warning && o.stage == Stage::InForce;
        self.open.iter().filter(warned).map(|o| o.effective_at).min()
    }
}

/// What follows at `now` from what rules propose in a verdict that binds. `room` is asked once for each action about to be taken by
/// itself, and says what holds it back: the day's cap, or an alarm.
pub fn decide(
    case: &Case,
    wanted: &[Wanted],
    terms: Terms<'_>,
    now: Instant,
    room: &mut dyn FnMut(Kind) -> Option<Held>,
) -> Steps {
    let mut done = Steps::default();
    let effect = case.effect();
    for (place, one) in wanted.iter().enumerate() {
        let again = wanted[..place].iter().any(|before| before.measure.is_same(&one.measure));
        if again || one.is_insufficient || effect.admits(&one.measure).is_err() {
            continue;
        }
        let standing = case.of_rules(&one.measure);
        if standing.is_some_and(|open| open.stage != Stage::Observed) || is_in_force(case, &one.measure) {
            continue;
        }
        let gate = gate(case, one, terms, now, &mut done.again);
        let Some((stage, effective_at, held)) = through(gate, one, case, terms, now, room) else { continue };
        match standing {
            Some(noted) if stage == Stage::Observed && noted.held == held => continue,
            Some(noted) => done.steps.push(Step::Close { id: noted.id, by: Move::Withdraw }),
            None => {}
        }
        done.steps.push(Step::Open { wanted: place, stage, effective_at, held });
    }
    let proposed = |open: &Open| wanted.iter().any(|w| w.measure.is_same(&open.measure));
    for open in case.open.iter().filter(|o| o.origin == Origin::Rules && !proposed(o)) {
        let by = match open.stage {
            Stage::InForce if open.measure.kind.follows_rules() && !open.is_timed => Move::Lift,
            Stage::InForce => continue,
            _ => Move::Withdraw,
        };
        done.steps.push(Step::Close { id: open.id, by });
    }
    done
}

/// Whether a person or a cord has done the same already.
fn is_in_force(case: &Case, measure: &Measure) -> bool {
    measure.kind.lasts() && case.open.iter().any(|o| o.stage == Stage::InForce && o.measure.is_same(measure))
}

/// Whether anything stands between a proposal and its mode; notes when that will be over.
fn gate(case: &Case, one: &Wanted, terms: Terms<'_>, now: Instant, again: &mut Option<Instant>) -> Option<Held> {
    let (kind, policy) = (one.measure.kind, terms.policy);
    let days = |days: u16| Instant::from(days) * DAY;
    let over = |held: Held, until: Instant| (until > now).then_some((held, until));
    // What ends others may be due again as soon as there is something to end. A notice was given, and its state lasts.
    let counts = |stage: Stage| stage != Stage::Withdrawn && (stage != Stage::Done || kind == Kind::Notice);
    let cooled = |e: &&Ended| e.measure.is_same(&one.measure) && counts(e.stage);
    let ended = case.ended.iter().filter(cooled).map(|e| e.at).max();
    let overridden = case.overrides.iter().filter(|(k, _)| k.map_or(kind.weighs(), |k| k == kind)).map(|(_, until)| *until).max();
    let mut gates = vec![
        overridden.and_then(|until| over(Held::Override, until)),
        ended.and_then(|at| over(Held::Cooldown, at + days(policy.cooldown_days))),
    ];
    if kind.weighs() {
        gates.push(over(Held::NewMerchant, case.joined + days(policy.new_merchant_days)));
        gates.push(case.reinstated.and_then(|at| over(Held::Immunity, at + days(policy.immunity_days))));
    }
    // The one that stays shut longest is the one to name, and nothing changes before the first opens.
    let shut: Vec<_> = gates.into_iter().flatten().collect();
    let soonest = shut.iter().map(|(_, until)| *until).min();
    *again = again.iter().copied().chain(soonest).min();
    shut.into_iter().max_by_key(|(_, until)| *until).map(|(held, _)| held)
}

type Through = (Stage, Instant, Option<Held>);

/// How far a proposal gets; `None` where its action is off.
fn through(
    gate: Option<Held>,
    one: &Wanted,
    case: &Case,
    terms: Terms<'_>,
    now: Instant,
    room: &mut dyn FnMut(Kind) -> Option<Held>,
) -> Option<Through> {
    let kind = one.measure.kind;
    match (terms.modes.get(&kind).copied().unwrap_or(Mode::Observe), gate) {
        (Mode::Off, _) => None,
        (Mode::Observe, _) => Some((Stage::Observed, now, Some(Held::Mode))),
        (_, Some(held)) => Some((Stage::Observed, now, Some(held))),
        (Mode::Review, None) => Some((Stage::InReview, now, Some(Held::Mode))),
        (Mode::Auto, None) if terms.policy.needs_two(kind) => Some((Stage::InReview, now, Some(Held::TwoPeople))),
        (Mode::Auto, None) => match room(kind) {
            Some(held) => Some((Stage::InReview, now, Some(held))),
            None => {
                let (at, held) = effective_at(kind, &one.reasons, case.warned_at(), terms.policy, now);
                Some((Stage::taken(kind, at, now), at, held))
            }
        },
    }
}

/// From when on something decided at `now` holds: after the grace that a warning begins (or else its announcement does), and for a
/// termination after its notice, which only fraud or the law cuts short.
pub fn effective_at(
    kind: Kind,
    reasons: &[String],
    warned_at: Option<Instant>,
    policy: &Policy,
    now: Instant,
) -> (Instant, Option<Held>) {
    let ground = policy.ground(reasons.iter().map(String::as_str));
    let grace = if kind.needs_grace() { warned_at.unwrap_or(now) + Instant::from(policy.grace_days) * DAY } else { now };
    let notice = if kind == Kind::Terminate { now + Instant::from(policy.termination_notice_days) * DAY } else { now };
    match (kind == Kind::Terminate && ground.is_some(), grace.max(notice)) {
        (true, _) => (now, None),
        (false, at) if at <= now => (now, None),
        (false, at) => (at, Some(if notice >= grace { Held::Notice } else { Held::Grace })),
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;

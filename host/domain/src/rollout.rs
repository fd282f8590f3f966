//! How a generation of rules comes into force and goes: built, watched in the shadow of the one in force, announced, rolled out to
//! a share of merchants, put in force, kept to go back to, removed. One marketplace's generations and what each is for make a
//! line-up; every change of it is worked out here and carried out elsewhere, in one transaction.

use serde::{Deserialize, Serialize};

use crate::band::Band;
use crate::fact::words;
use crate::ids::Instant;

words!(/** What a generation is for at the moment. */ State {
    Building = "building", Paused = "paused", Shadow = "shadow", Announced = "announced", RollingOut = "rolling-out",
    Active = "active", Standby = "standby", Retiring = "retiring", Retired = "retired",
});

/// Generations of one marketplace that events are classified under at once: each costs as much as the first.
pub const MOST: usize = 6;

impl State {
    /// Whether every event is classified under it.
    pub fn is_tallied(self) -> bool {
        !matches!(self, Self::Retiring | Self::Retired)
    }

    /// Whether merchants are judged under it, be it in the shadow.
    pub fn is_judged(self) -> bool {
        matches!(self, Self::Shadow | Self::Announced | Self::RollingOut | Self::Active)
    }

    /// Whether its marks are not all there yet.
    pub fn is_building(self) -> bool {
        matches!(self, Self::Building | Self::Paused)
    }
}

/// What a generation is meant for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Per cent of the merchants it is to rule, 1 to 100; 0: it is to be watched in the shadow and moves nothing.
    pub share: u8,
    /// When it is to come into force, by the marketplace's clock; merchants are told until then.
    pub effective_at: Option<Instant>,
    /// What merchants and colleagues are told about it.
    pub note: Option<String>,
    /// Where a roll-out stops by itself.
    pub band: Option<Band>,
}

impl Plan {
    /// To be in force for everybody as soon as it is built.
    pub fn at_once() -> Self {
        Self { share: 100, ..Self::default() }
    }

    /// What a built generation is at `now` if it goes by this plan.
    pub fn goal(&self, now: Instant) -> State {
        match (self.share, self.effective_at) {
            (0, _) => State::Shadow,
            (_, Some(at)) if at > now => State::Announced,
            (100.., _) => State::Active,
            _ => State::RollingOut,
        }
    }

    fn takes_over_at_once(&self) -> bool {
        self.share > 0 && self.effective_at.is_none()
    }
}

/// One generation's place in the line-up.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The generation.
    pub id: i64,
    /// What it is for now.
    pub state: State,
    /// What it is meant for.
    pub plan: Plan,
    /// Why it was stopped or removed, where that was not what it was meant for.
    pub stopped: Option<String>,
}

/// Why a line-up does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such generation takes part.
    #[error("generation {0} takes no part any more")]
    Gone(i64),
    /// It is in force.
    #[error("generation {0} is in force")]
    InForce(i64),
    /// Its state does not allow it.
    #[error("generation {id} is {}", state.word())]
    State {
        /// Which.
        id: i64,
        /// Its state.
        state: State,
    },
    /// Another is on its way into force.
    #[error("generation {0} is on its way into force; cancel it or wait")]
    UnderWay(i64),
    /// Another has been announced.
    #[error("generation {0} has been announced; cancel it or wait")]
    Announced(i64),
    /// There are no rules in force to compare with.
    #[error("there are no rules in force that it could be compared with")]
    NothingInForce,
    /// There is none to go back to.
    #[error("there is no generation to go back to")]
    NoWayBack,
    /// Too many take part.
    #[error("{MOST} generations take part already; cancel one")]
    TooMany,
}

/// The generations of one marketplace that are not gone for good.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineUp {
    entries: Vec<Entry>,
}

/// A line-up as it is to be, and what goes with the change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// The line-up after it.
    pub lineup: LineUp,
    /// Merchants judged by these are to stand as they did before they were.
    pub restore: Vec<i64>,
    /// Merchants who were told of these are to be told that they will not come.
    pub withdraw: Vec<i64>,
    /// Whether every merchant is to be judged anew.
    pub judge_all: bool,
}

impl LineUp {
    /// From entries in any order; those that are gone for good are left out.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().filter(|e| e.state != State::Retired).collect();
        entries.sort_by_key(|e| e.id);
        Self { entries }
    }

    /// All entries, by number.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A generation's entry.
    pub fn get(&self, id: i64) -> Option<&Entry> {
        self.entries.iter().find(|e| e.id == id)
    }

    /// The first generation in a state.
    pub fn find(&self, state: State) -> Option<&Entry> {
        self.entries.iter().find(|e| e.state == state)
    }

    /// A generation is to be what `plan` says; one that is not known yet is built first.
    pub fn begin(&self, id: i64, plan: Plan, now: Instant) -> Result<Step, Refusal> {
        let known = self.get(id).map(|e| e.state);
        let others = || self.entries.iter().filter(|e| e.id != id);
        match known {
            Some(State::Active) => return Err(Refusal::InForce(id)),
            Some(State::Retiring | State::Retired) => return Err(Refusal::Gone(id)),
            // What merchants were told of either comes as they were told or is withdrawn.
            Some(State::Announced) => return Err(Refusal::Announced(id)),
            None if others().filter(|e| e.state.is_tallied()).count() >= MOST => return Err(Refusal::TooMany),
            _ => {}
        }
        if plan.goal(now) != State::Active && self.find(State::Active).is_none() {
            return Err(Refusal::NothingInForce);
        }
        let coming = |e: &&Entry| e.state == State::RollingOut || e.state.is_building() && e.plan.takes_over_at_once();
        if plan.takes_over_at_once()
            && let Some(other) = others().find(coming)
        {
            return Err(Refusal::UnderWay(other.id));
        }
        let told = |e: &&Entry| e.state == State::Announced || e.state.is_building() && e.plan.effective_at.is_some();
        if plan.effective_at.is_some()
            && let Some(other) = others().find(told)
        {
            return Err(Refusal::Announced(other.id));
        }
        let mut step = self.step();
        match known {
            None => {
                step.lineup.entries.push(Entry { id, state: State::Building, plan, stopped: None });
                step.lineup.entries.sort_by_key(|e| e.id);
            }
            Some(state) => {
                let goal = plan.goal(now);
                if let Some(entry) = step.lineup.entry(id) {
                    if state == State::RollingOut && goal == state && plan.share < entry.plan.share {
                        step.restore.push(id);
                    }
                    (entry.plan, entry.stopped) = (plan, None);
                }
                if !state.is_building() {
                    step.enter(id, goal);
                }
            }
        }
        Ok(step)
    }

    /// A generation has been built. One that is announced comes into force no sooner than `notice` from now.
    pub fn built(&self, id: i64, now: Instant, notice: Instant) -> Result<Step, Refusal> {
        self.expect(id, |state| state == State::Building)?;
        let mut step = self.step();
        let Some(entry) = step.lineup.entry(id) else { return Err(Refusal::Gone(id)) };
        entry.plan.effective_at = entry.plan.effective_at.map(|at| at.max(now.saturating_add(notice)));
        let goal = entry.plan.goal(now);
        step.enter(id, goal);
        Ok(step)
    }

    /// What was announced for a moment that has come, if anything was.
    pub fn due(&self, now: Instant) -> Option<Step> {
        let entry = self.find(State::Announced).filter(|e| e.plan.goal(now) != State::Announced)?;
        let mut step = self.step();
        step.enter(entry.id, entry.plan.goal(now));
        Some(step)
    }

    /// Takes a generation out of force: whoever it ruled is ruled as before.
    pub fn roll_back(&self, id: i64, why: String) -> Result<Step, Refusal> {
        match self.expect(id, |state| matches!(state, State::Active | State::RollingOut))? {
            State::Active => {
                let before = self.find(State::Standby).ok_or(Refusal::NoWayBack)?.id;
                let mut step = self.step();
                step.enter(before, State::Active);
                step.restore.push(id);
                step.note(id, why);
                Ok(step)
            }
            _ => self.stop(id, why),
        }
    }

    /// Ends a roll-out; the generation stays, as a shadow.
    pub fn stop(&self, id: i64, why: String) -> Result<Step, Refusal> {
        self.expect(id, |state| state == State::RollingOut)?;
        let mut step = self.step();
        step.enter(id, State::Shadow);
        step.note(id, why);
        Ok(step)
    }

    /// Holds a build where it is.
    pub fn pause(&self, id: i64) -> Result<Step, Refusal> {
        self.turn(id, State::Building, State::Paused)
    }

    /// Goes on with a build.
    pub fn resume(&self, id: i64) -> Result<Step, Refusal> {
        self.turn(id, State::Paused, State::Building)
    }

    /// Takes a generation out of the line-up for good; the one in force stays.
    pub fn cancel(&self, id: i64, why: String) -> Result<Step, Refusal> {
        match self.expect(id, State::is_tallied)? {
            State::Active => Err(Refusal::InForce(id)),
            _ => {
                let mut step = self.step();
                step.enter(id, State::Retiring);
                step.note(id, why);
                Ok(step)
            }
        }
    }

    /// Nothing that a generation had made is left.
    pub fn removed(&self, id: i64) -> Result<Step, Refusal> {
        self.turn(id, State::Retiring, State::Retired)
    }

    fn turn(&self, id: i64, from: State, to: State) -> Result<Step, Refusal> {
        self.expect(id, |state| state == from)?;
        let mut step = self.step();
        step.enter(id, to);
        Ok(step)
    }

    fn expect(&self, id: i64, allowed: impl Fn(State) -> bool) -> Result<State, Refusal> {
        let state = self.get(id).ok_or(Refusal::Gone(id))?.state;
        if allowed(state) { Ok(state) } else { Err(Refusal::State { id, state }) }
    }

    fn step(&self) -> Step {
        Step::of(self.clone())
    }

    fn entry(&mut self, id: i64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.id == id)
    }
}

impl Step {
    /// To a line-up, with nothing that goes with it.
    pub fn of(lineup: LineUp) -> Self {
        Self { lineup, ..Self::default() }
    }

    /// Moves a generation to a state, and every other out of its way.
    fn enter(&mut self, id: i64, to: State) {
        let Some(from) = self.lineup.get(id).map(|e| e.state) else { return };
        if from == State::RollingOut && !matches!(to, State::RollingOut | State::Active) {
            self.restore.push(id);
        }
        if from == State::Announced && to == State::Retiring {
            self.withdraw.push(id);
        }
        if matches!(to, State::Active | State::RollingOut) {
            self.make_way(id, to);
        }
        self.judge_all |= to.is_judged();
        if let Some(entry) = self.lineup.entry(id) {
            entry.state = to;
            // Whatever ended it before is over.
            if matches!(to, State::Active | State::RollingOut) {
                entry.stopped = None;
            }
        }
    }

    /// A roll-out under way is over; and what was in force is kept to go back to, in place of the one kept so far.
    fn make_way(&mut self, id: i64, to: State) {
        let moved: Vec<(i64, State)> = self.lineup.entries.iter().filter(|e| e.id != id).map(|e| (e.id, e.state)).collect();
        for (other, state) in moved {
            match state {
                State::Standby if to == State::Active => self.enter(other, State::Retiring),
                State::Active if to == State::Active => self.enter(other, State::Standby),
                State::RollingOut => {
                    self.enter(other, State::Shadow);
                    self.note(other, format!("generation {id} came into force"));
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, id: i64, why: String) {
        if let Some(entry) = self.lineup.entry(id) {
            entry.stopped = Some(why);
        }
    }
}

/// Whether a merchant is among the first `share` per cent; `lot` is drawn for each merchant once and for all, so that a smaller
/// share lies within every larger one.
pub fn is_drawn(lot: u64, share: u8) -> bool {
    lot % 10_000 < u64::from(share) * 100
}

#[cfg(test)]
mod tests;

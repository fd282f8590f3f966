//! The gate before a plugin: what protects the host, and everybody else's rules, from one that fails, answers differently each
//! time, or is slow. It is passed by whoever asks on the host's behalf; a replay, which is asked for by name, waits for its turn alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::breaker::{Breaker, BreakerPolicy, Change};
use super::fault::{Blame, PluginFault};
use crate::clock::{Clock, SystemClock};

/// How everybody is protected from one plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// When it rests, and when it is given up.
    pub breaker: BreakerPolicy,
    /// Fuel it may use in one transaction of the writer, which all marketplaces share. What is left over is asked in one of the next.
    pub transaction_fuel: u64,
    /// How many readers may ask it at once.
    pub plays: usize,
    /// One verdict in so many is played again; 0 for none.
    pub replay_one_in: u64,
}

impl Default for Protection {
    fn default() -> Self {
        Self { breaker: BreakerPolicy::default(), transaction_fuel: 50_000_000, plays: 4, replay_one_in: 100 }
    }
}

/// What must outlive the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The breaker opened for the n-th time in a row, or, with 0, its rests are forgotten.
    Rests(u32),
    /// It is quarantined, and why.
    Quarantined(String),
}

/// Told of every turn, on whatever thread it happens; must not block.
pub type Tell = Box<dyn Fn(Turn) + Send + Sync>;

/// One plugin's gate.
pub struct Gate {
    clock: Arc<dyn Clock>,
    protection: Protection,
    state: Mutex<State>,
    plays: Arc<Semaphore>,
    tell: Tell,
}

/// What the asked rules are to the marketplace that asks. Settings that fail must not take the plugin away from where others work,
/// so whatever moves nothing (is built, watched, or kept to go back to) has a breaker of its own, and is never given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// They decide about merchants.
    InForce,
    /// They move nothing.
    Aside,
}

struct State {
    in_force: Breaker,
    aside: Breaker,
    quarantined: Option<String>,
}

/// The right to ask one question of the host's; what came of it is recorded with [`Pass::record`].
pub struct Pass<'a> {
    gate: &'a Gate,
    role: Role,
    recorded: bool,
}

impl Default for Gate {
    /// For rules that no registry knows.
    fn default() -> Self {
        Self::new(Arc::new(SystemClock), Protection::default(), 0, None, Box::new(|_| {}))
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("breaker", &self.state().in_force).finish_non_exhaustive()
    }
}

impl Gate {
    /// The gate of a plugin that rested `rests` times in a row, and may be quarantined.
    pub fn new(clock: Arc<dyn Clock>, protection: Protection, rests: u32, quarantined: Option<String>, tell: Tell) -> Self {
        let state = Mutex::new(State::new(protection.breaker, rests, quarantined));
        Self { clock, protection, state, plays: Arc::new(Semaphore::new(protection.plays.max(1))), tell }
    }

    /// How everybody is protected from this plugin.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// How often in a row it rested where it is in force, and until when it rests now, in milliseconds since the Unix epoch.
    pub fn rests(&self) -> (u32, Option<i64>) {
        let state = self.state();
        (state.in_force.rests(), state.in_force.resting(self.clock.now()))
    }

    /// Whether a question of rules in force would be let through now.
    pub fn ready(&self) -> Result<(), PluginFault> {
        let state = self.state();
        state.open()?;
        if state.in_force.lets_through(self.clock.now()) { Ok(()) } else { Err(PluginFault::Resting) }
    }

    /// Whether it is not quarantined.
    pub fn trusted(&self) -> Result<(), PluginFault> {
        self.state().open()
    }

    /// Lets one question of the host's through, or says why not. After a rest only one, until its answer is recorded.
    pub fn enter(&self, role: Role) -> Result<Pass<'_>, PluginFault> {
        let mut state = self.state();
        state.open()?;
        let now = self.clock.now();
        match state.breaker(role).enter(now) {
            true => Ok(Pass { gate: self, role, recorded: false }),
            false => Err(PluginFault::Resting),
        }
    }

    /// Waits for a turn to ask for a reader, whose questions are no sample of the plugin's work and are not recorded. A plugin has
    /// only so many turns, so that slow rules do not hold up the readers of others. The turn goes to the thread that asks: a reader
    /// who goes away does not end its work.
    pub async fn play(&self) -> Result<OwnedSemaphorePermit, PluginFault> {
        self.ready()?;
        self.replay().await
    }

    /// Waits for such a turn to ask again what was answered before, even of rules that rest or are quarantined: whoever wonders why
    /// they are must be able to see what they do.
    pub async fn replay(&self) -> Result<OwnedSemaphorePermit, PluginFault> {
        let turn = Arc::clone(&self.plays).acquire_owned().await;
        turn.map_err(|_| PluginFault::Unavailable("the host is stopping".to_owned()))
    }

    /// No more questions; the first reason stands.
    pub fn quarantine(&self, why: &str) {
        let mut state = self.state();
        if state.quarantined.is_none() {
            state.quarantined = Some(why.to_owned());
            drop(state);
            metrics::counter!("andon_plugin_quarantines_total").increment(1);
            (self.tell)(Turn::Quarantined(why.to_owned()));
        }
    }

    /// Questions again, as if nothing had ever happened.
    pub fn release(&self) {
        *self.state() = State::new(self.protection.breaker, 0, None);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(policy: BreakerPolicy, rests: u32, quarantined: Option<String>) -> Self {
        let aside = Breaker::new(BreakerPolicy { rests: u32::MAX, ..policy }, 0);
        Self { in_force: Breaker::new(policy, rests), aside, quarantined }
    }

    fn breaker(&mut self, role: Role) -> &mut Breaker {
        match role {
            Role::InForce => &mut self.in_force,
            Role::Aside => &mut self.aside,
        }
    }

    fn open(&self) -> Result<(), PluginFault> {
        self.quarantined.as_ref().map_or(Ok(()), |why| Err(PluginFault::Quarantined(why.clone())))
    }
}

impl Pass<'_> {
    /// What came of the question: how many things were answered, and on which (by any key of theirs) the plugin failed, and how.
    /// What the host is to blame for says nothing of the plugin.
    pub fn record(mut self, answered: usize, failed: &[(u64, Blame)]) {
        let failed: Vec<u64> = failed.iter().filter(|(_, blame)| *blame == Blame::Guest).map(|(key, _)| *key).collect();
        if answered == 0 && failed.is_empty() {
            return;
        }
        self.recorded = true;
        let change = self.gate.state().breaker(self.role).record(answered, &failed, self.gate.clock.now());
        match change {
            // What moves nothing is tried again after a restart.
            _ if self.role == Role::Aside => {}
            Change::Nothing => {}
            Change::Opened(rests) => (self.gate.tell)(Turn::Rests(rests)),
            Change::Recovered => (self.gate.tell)(Turn::Rests(0)),
            Change::GivenUp => {
                let rests = self.gate.protection.breaker.rests;
                self.gate.quarantine(&format!("it failed again after {rests} rests"));
            }
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.recorded {
            self.gate.state().breaker(self.role).leave(self.gate.clock.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt;

    use super::*;
    use crate::clock::ManualClock;

    fn gate(quarantined: Option<&str>) -> (Gate, Arc<ManualClock>, mpsc::Receiver<Turn>) {
        let (clock, (told, turns)) = (Arc::new(ManualClock::at(0)), mpsc::channel());
        let tell = Box::new(move |turn| told.send(turn).unwrap());
        (Gate::new(clock.clone(), Protection::default(), 0, quarantined.map(str::to_owned), tell), clock, turns)
    }

    fn fail(gate: &Gate) {
        let keys: Vec<_> = (0..5).map(|key| (key, Blame::Guest)).collect();
        gate.enter(Role::InForce).unwrap().record(0, &keys);
    }

    #[test]
    fn a_plugin_that_keeps_failing_rests_and_is_quarantined_in_the_end() {
        let (gate, clock, turns) = gate(None);
        for rest in 1..=10 {
            fail(&gate);
            assert_eq!(turns.try_recv(), Ok(Turn::Rests(rest)));
            assert_eq!(gate.ready(), Err(PluginFault::Resting));
            clock.set(gate.rests().1.unwrap());
        }
        fail(&gate);
        assert_eq!(turns.try_recv(), Ok(Turn::Quarantined("it failed again after 10 rests".into())));
        clock.advance(i64::MAX / 4);
        assert!(matches!(gate.enter(Role::InForce).err(), Some(PluginFault::Quarantined(_))));
        gate.release();
        assert!(gate.enter(Role::InForce).is_ok() && gate.rests() == (0, None));
    }

    #[test]
    fn the_hosts_own_faults_do_not_count() {
        let (gate, _, turns) = gate(None);
        for _ in 0..30 {
            gate.enter(Role::InForce).unwrap().record(0, &[(1, Blame::Host), (2, Blame::Host)]);
        }
        assert!(gate.ready().is_ok() && turns.try_recv().is_err());
    }

    #[test]
    fn what_moves_nothing_rests_by_itself_and_is_never_given_up() {
        let (gate, clock, turns) = gate(None);
        let keys: Vec<_> = (0..5).map(|key| (key, Blame::Guest)).collect();
        for _ in 0..20 {
            gate.enter(Role::Aside).unwrap().record(0, &keys);
            assert_eq!(gate.enter(Role::Aside).err(), Some(PluginFault::Resting));
            assert!(gate.enter(Role::InForce).is_ok() && gate.rests() == (0, None));
            clock.advance(BreakerPolicy::default().longest_rest);
        }
        assert!(turns.try_recv().is_err());
    }

    #[test]
    fn the_first_reason_for_a_quarantine_stands() {
        let (gate, _, turns) = gate(Some("first"));
        gate.quarantine("second");
        assert_eq!(gate.ready(), Err(PluginFault::Quarantined("first".into())));
        assert!(turns.try_recv().is_err());
    }

    #[tokio::test]
    async fn readers_take_turns() {
        let (gate, _, _turns) = gate(None);
        let turns: Vec<_> = futures::future::join_all((0..4).map(|_| gate.play())).await;
        assert!(turns.iter().all(Result::is_ok));
        let waits = |gate: &Gate| gate.play().now_or_never().is_none() && gate.replay().now_or_never().is_none();
        assert!(waits(&gate));
        gate.quarantine("nobody knows");
        assert!(matches!(gate.play().now_or_never(), Some(Err(PluginFault::Quarantined(_)))));
        drop(turns);
        assert!(gate.replay().await.is_ok());
    }
}

//! The only maker of a store. A store lives for one question: every call in it has a budget, and whatever happens, it is thrown away.

use wasmtime::{ResourceLimiter, Store};

use super::engine::{CORE_INSTANCES, Engine, MEMORIES, Permit, TABLES};
use super::fault::PluginFault;
use super::limits::Limits;

/// What a store knows of its guest: how much it may have, and whether it asked for more.
#[derive(Debug)]
pub(super) struct Guest {
    memory_bytes: usize,
    table_elements: usize,
    memory_used: usize,
    denied: bool,
}

/// What a call, or several, used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Instructions, those of calls that failed included.
    pub fuel: u64,
    /// Most linear memory of one instance, in bytes.
    pub memory_bytes: usize,
}

impl Used {
    /// Adds another call: fuel adds up, of memory the most counts.
    pub fn add(&mut self, other: Self) {
        self.fuel = self.fuel.saturating_add(other.fuel);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }
}

/// A store with a budget and the right to hold one instance.
pub(super) struct Sandbox<'a> {
    // Dropped before the permit is given back.
    store: Store<Guest>,
    limits: &'a Limits,
    /// Given for the call under way, and used by those before it.
    fuel: u64,
    spent: u64,
    _permit: Permit<'a>,
}

impl<'a> Sandbox<'a> {
    /// A fresh store, within a plugin's own limits, with the budget to start an instance.
    pub(super) fn open(engine: &'a Engine, limits: &'a Limits) -> Result<Self, PluginFault> {
        let permit = engine.permit();
        let guest =
            Guest { memory_bytes: limits.memory_bytes, table_elements: limits.table_elements, memory_used: 0, denied: false };
        let mut store = Store::new(&engine.wasm, guest);
        store.limiter(|guest| guest);
        let mut sandbox = Self { store, limits, fuel: 0, spent: 0, _permit: permit };
        sandbox.allow(1)?;
        Ok(sandbox)
    }

    /// Gives the next call the budget for `items` items, whatever was left of the last one's.
    pub(super) fn allow(&mut self, items: usize) -> Result<(), PluginFault> {
        self.spent = self.used().fuel;
        let budget = self.limits.budget(items);
        self.store.set_fuel(budget.fuel).map_err(|error| PluginFault::Unavailable(error.to_string()))?;
        self.fuel = budget.fuel;
        self.store.set_epoch_deadline(budget.ticks);
        self.store.set_hostcall_fuel(budget.answer_bytes);
        Ok(())
    }

    /// Makes one call into the guest. After a fault the sandbox must be dropped; the machine refuses to enter it again.
    pub(super) fn run<R>(&mut self, call: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<R>) -> Result<R, PluginFault> {
        call(&mut self.store).map_err(|error| PluginFault::of_call(&error, self.store.data().denied))
    }

    /// Makes an instance. After a fault the sandbox must be dropped, as after one of `run`.
    pub(super) fn start<R>(&mut self, start: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<R>) -> Result<R, PluginFault> {
        start(&mut self.store).map_err(|error| PluginFault::of_start(&error, self.store.data().denied))
    }

    /// What was used so far.
    pub(super) fn used(&self) -> Used {
        let left = self.store.get_fuel().unwrap_or(0);
        Used { fuel: self.spent.saturating_add(self.fuel.saturating_sub(left)), memory_bytes: self.store.data().memory_used }
    }
}

impl ResourceLimiter for Guest {
    // A guest that is told of the refusal may limp on and fail differently each time it is changed; to stop at once is clearer.
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.denied |= desired > self.memory_bytes;
        self.memory_used = self.memory_used.max(desired.min(self.memory_bytes));
        if self.denied { Err(wasmtime::Error::msg("memory limit")) } else { Ok(true) }
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.denied |= desired > self.table_elements;
        if self.denied { Err(wasmtime::Error::msg("table limit")) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

//! The machine that runs plugins: one per process. Everything the contract does not need is off, so that most of what was ever
//! found wrong with such machines cannot be reached from a plugin.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{Config, Enabled, EngineWeak, OptLevel, PoolingAllocationConfig, Strategy, WasmFeatures};

use super::limits::Limits;

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The limits make no sense together, or this machine cannot keep them.
    #[error("the wasm engine cannot be set up: {0}")]
    Config(String),
    /// The thread that watches the time cannot be started.
    #[error("the thread that watches plugins' time cannot be started: {0}")]
    Ticker(#[from] std::io::Error),
}

/// Memories, tables and core instances of one plugin. A Rust plugin has one of each; engines for other languages bring a few
/// small modules along that share the one memory.
pub(super) const MEMORIES: u32 = 1;
pub(super) const TABLES: u32 = 4;
pub(super) const CORE_INSTANCES: u32 = 8;

/// One per process: types and machine code of two engines must never meet.
#[derive(Debug)]
pub struct Engine {
    pub(super) wasm: wasmtime::Engine,
    pub(super) limits: Limits,
    permits: Permits,
    ticker: Ticker,
}

impl Engine {
    pub(super) fn start(limits: Limits) -> Result<Self, EngineError> {
        let alone = config(&limits);
        let mut pooled = alone.clone();
        pooled.allocation_strategy(pool(&limits));
        // Where a process may not reserve the addresses, room is made for each instance, and answers take longer.
        let wasm = wasmtime::Engine::new(&pooled).or_else(|_| wasmtime::Engine::new(&alone));
        let wasm = wasm.map_err(|error| EngineError::Config(format!("{error:#}")))?;
        let ticker = Ticker::start(wasm.weak(), limits.tick)?;
        Ok(Self { wasm, permits: Permits::new(limits.instances), limits, ticker })
    }

    /// Whether deadlines are being watched; a host where this is false must not call itself healthy.
    pub fn is_watched(&self) -> bool {
        self.ticker.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits until one more instance may live. The wait is bounded: every instance alive has a deadline.
    pub(super) fn permit(&self) -> Permit<'_> {
        self.permits.take()
    }
}

/// What a plugin may be built from; whatever a later version of the engine turns on by default stays off.
fn features() -> WasmFeatures {
    WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::FLOATS
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        // Compilers encode calls through tables the way this proposal allows, even where no reference is ever held.
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::EXTENDED_CONST
}

pub(super) fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config.wasm_features(!features(), false).wasm_features(features(), true);
    config.concurrency_support(false).shared_memory(false);
    config.strategy(Strategy::Cranelift).cranelift_opt_level(OptLevel::Speed);
    // The same input gives the same answer, bit for bit, and runs out of fuel at the same instruction, on any machine.
    config.cranelift_nan_canonicalization(true).consume_fuel(true);
    config.epoch_interruption(true);
    config.max_wasm_stack(limits.stack_bytes);
    // Nobody reads a plugin's backtrace, and taking one walks a stack that recursion made deep.
    config.wasm_backtrace_max_frames(None);
    config
}

/// Bytes that an instance has written to and that stay with its place in the pool, wiped, for the next.
const KEPT: usize = 1 << 20;

/// Room for as many instances as may live at once, made once: making it for each costs more than a short answer does.
fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let all = |of_each: u32| limits.instances.saturating_mul(of_each);
    pool.total_component_instances(limits.instances);
    pool.total_core_instances(all(CORE_INSTANCES)).max_core_instances_per_component(CORE_INSTANCES);
    pool.total_memories(all(MEMORIES)).max_memories_per_component(MEMORIES).max_memories_per_module(MEMORIES);
    pool.total_tables(all(TABLES)).max_tables_per_component(TABLES).max_tables_per_module(TABLES);
    pool.max_memory_size(limits.memory_bytes).table_elements(limits.table_elements);
    // Without the kernel's word on which pages were written to, wiping them all costs more than giving them back.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEPT).table_keep_resident(KEPT);
    }
    pool
}

/// Advances the engine's clock from a thread of its own, which ends with the engine.
#[derive(Debug)]
struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: EngineWeak, tick: Duration) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::Builder::new().name("plugin-clock".to_owned()).spawn(move || {
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A clock that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

/// Counts instances, so that plugins never hold more memory together than was meant for them. Who waits longest is served first:
/// one plugin asked in a tight loop cannot keep coming before another that is asked now and then.
#[derive(Debug)]
struct Permits {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug)]
struct Line {
    free: u32,
    /// Numbers are handed out in the order of arrival; the one at `served` is next.
    next: u64,
    served: u64,
}

impl Permits {
    fn new(count: u32) -> Self {
        Self { line: Mutex::new(Line { free: count, next: 0, served: 0 }), moved: Condvar::new() }
    }

    fn take(&self) -> Permit<'_> {
        let mut line = self.line();
        let mine = line.next;
        line.next += 1;
        let waits = |line: &mut Line| line.free == 0 || line.served != mine;
        let mut line = self.moved.wait_while(line, waits).unwrap_or_else(PoisonError::into_inner);
        line.free -= 1;
        line.served += 1;
        // Another may be free for the next in line.
        self.moved.notify_all();
        Permit(self)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one live instance, given back on drop.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Permits);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.line().free += 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_ends_with_the_engine() {
        let engine = Engine::start(Limits::default()).unwrap();
        assert!(engine.is_watched());
        let weak = engine.wasm.weak();
        drop(engine);
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn permits_are_given_back() {
        let permits = Permits::new(1);
        for _ in 0..3 {
            let permit = permits.take();
            assert_eq!(permits.line().free, 0);
            drop(permit);
        }
    }

    #[test]
    fn who_came_first_is_served_first() {
        let (permits, order) = (Permits::new(1), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            let held = permits.take();
            for i in 0..8 {
                let (permits, order) = (&permits, &order);
                scope.spawn(move || {
                    let _permit = permits.take();
                    order.lock().unwrap().push(i);
                });
                while permits.line().next != i + 2 {
                    thread::yield_now();
                }
            }
            drop(held);
        });
        assert_eq!(order.into_inner().unwrap(), (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn limits_that_cannot_be_kept_are_an_error() {
        assert!(matches!(Engine::start(Limits { stack_bytes: 0, ..Limits::default() }), Err(EngineError::Config(_))));
    }
}

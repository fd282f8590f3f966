//! The machine that runs plugins: one per process. Everything the contract does not need is off, so that most of what was ever
//! found wrong with such machines cannot be reached from a plugin.

use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{Config, EngineWeak, OptLevel, Strategy, WasmFeatures};

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
        let wasm = wasmtime::Engine::new(&config(&limits)).map_err(|error| EngineError::Config(format!("{error:#}")))?;
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

/// Counts instances, so that plugins never hold more memory together than was meant for them.
#[derive(Debug)]
struct Permits {
    free: Mutex<u32>,
    returned: Condvar,
}

impl Permits {
    fn new(count: u32) -> Self {
        Self { free: Mutex::new(count), returned: Condvar::new() }
    }

    fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

/// The right to one live instance, given back on drop.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Permits);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
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
            assert_eq!(*permits.free.lock().unwrap(), 0);
            drop(permit);
        }
    }

    #[test]
    fn limits_that_cannot_be_kept_are_an_error() {
        assert!(matches!(Engine::start(Limits { stack_bytes: 0, ..Limits::default() }), Err(EngineError::Config(_))));
    }
}

//! The wasm side: a marketplace's rules run here and nowhere else, as components that import nothing, each question in an instance
//! of its own with a budget. In the order of a plugin's life: [`Engine::inspect`] looks at bytes, [`compile`] makes machine code of
//! them, [`Engine::introduce`] makes [`Rules`] of that, [`Rules::configure`] makes a [`Judge`] of rules and settings, and a judge
//! classifies facts and evaluates merchants, past the [`Gate`] of its rules. All calls of plugins block.

mod admit;
pub mod bench;
mod breaker;
pub mod build;
pub mod cache;
pub mod compile;
mod engine;
mod fault;
pub mod gate;
mod inspect;
mod judge;
mod limits;
pub mod machine;
mod meter;
mod origins;
mod output;
mod refusal;
mod sandbox;
mod wit;

pub use admit::{Rules, digest};
pub use breaker::BreakerPolicy;
pub use engine::{Engine, EngineError};
pub use fault::{Blame, PluginFault};
pub use gate::{Gate, Protection, Role};
pub use judge::{ConfigureError, Judge};
pub use limits::{Large, Limits};
pub use meter::Meter;
pub use refusal::{CODES, Refusal};
pub use sandbox::Used;
pub use wit::SERVED;

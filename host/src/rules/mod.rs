//! The wasm side: a marketplace's rules run here and nowhere else, as components that import nothing, each question in an instance
//! of its own with a budget. In the order of a plugin's life: [`Engine::admit`] makes [`Rules`] of bytes, [`Rules::configure`]
//! makes a [`Judge`] of rules and settings, and a judge classifies facts and evaluates merchants. All calls block.

mod admit;
pub mod bench;
pub mod build;
mod engine;
mod fault;
mod inspect;
mod judge;
mod limits;
mod output;
mod refusal;
mod sandbox;
mod wit;

pub use admit::Rules;
pub use engine::{Engine, EngineError};
pub use fault::{Blame, PluginFault};
pub use judge::{ConfigureError, Judge};
pub use limits::Limits;
pub use refusal::Refusal;

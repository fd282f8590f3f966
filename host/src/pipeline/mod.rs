//! The flow, a file a step: events are accepted, the facts they change are classified, the marks are tallied, metrics are
//! read, and the rules' verdict is kept. Accepting, classifying, tallying and "this merchant must be evaluated" are one
//! transaction of a writer's; evaluating is another. Each may run twice with the same outcome.

pub mod accept;
mod agenda;
pub(crate) mod appeal;
pub mod build;
pub(crate) mod changes;
pub(crate) mod classify;
pub mod comeback;
pub(crate) mod cord;
mod correct;
mod decide;
pub mod deliver;
pub mod desk;
pub mod evaluate;
pub(crate) mod fall_due;
mod feedback;
pub mod ingest;
pub(crate) mod lane;
pub mod listings;
mod moved;
pub(crate) mod past;
pub mod play;
mod quota;
pub mod read;
pub mod rebuild;
pub mod replay;
mod retry;
mod room;
pub mod scheduler;
pub mod segment;
pub(crate) mod settle;
mod shadow;
mod shares;
pub(crate) mod statement;
pub(crate) mod view;

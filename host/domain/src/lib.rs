//! Andon's vocabulary and arithmetic, in the order of the flow: an event's change joins a subject's history, the
//! history folds to a fact, rules turn facts into marks, marks add up to tallies, tallies read as metrics, and a
//! verdict over the readings moves a standing. Nothing here does I/O or asks the time: `now` is always an argument.
#![warn(missing_docs)]

pub mod admission;
pub mod band;
pub mod buyers;
pub mod calendar;
pub mod change;
pub mod comeback;
pub mod days;
pub mod delivery;
pub mod difference;
pub mod enforce;
pub mod fact;
pub mod history;
pub mod ids;
pub mod ledger;
pub mod manifest;
pub mod mark;
pub mod quota;
pub mod reading;
pub mod recovery;
pub mod rollout;
pub mod stats;
pub mod tally;
pub mod topics;
pub mod verdict;
pub mod window;

//! Enforcement: what is done about a merchant or a listing, who may, when, and how it is undone. Each measure stands by itself, and what
//! holds for a merchant is always read off the measures in force. So taking one back restores exactly what it had changed, and leaves
//! alone what anybody else has done since.

pub mod alarm;
pub mod appeal;
pub mod cord;
pub mod decide;
pub mod measure;
pub mod past;
pub mod policy;
pub mod stage;

//! The ledger's arithmetic: what stands for an entry, how one entry holds the one before it, and the tree by which anybody can be
//! shown that an entry is among those that a published root stands for.

mod chain;
mod entry;
mod tree;

pub use chain::{Broken, Chain, Sealed};
pub use entry::{Hash, Record, Said, Salt, actor_digest};
pub use tree::{Place, Tree, joined, leaf, parts, siblings};

#[cfg(test)]
mod tests;

//! The Merkle tree over entries' hashes, as RFC 9162, section 2.1, has it: a leaf is SHA-256 over a byte 0 and the entry's hash, a node
//! over a byte 1 and the two below it. Complete subtrees never change once they are there, so they are kept, and a root or a path is
//! put together from a handful of them.

use sha2::{Digest, Sha256};

use super::Hash;

/// A complete subtree: of the 2^`level` leaves from `index` * 2^`level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Height over the leaves.
    pub level: u8,
    /// Which of its level, from 0.
    pub index: u64,
}

/// A tree that grows: how many leaves it has, and its largest complete subtrees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// As it was: `peaks` are the hashes of `parts(0, size)`. `None` where there are more or fewer.
    pub fn restored(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root; of an empty tree, SHA-256 over nothing.
    pub fn root(&self) -> Hash {
        joined(&self.peaks).unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// Adds an entry's hash as a leaf, and the subtrees above it that this completes to `completed`.
    pub fn push(&mut self, entry: &Hash, completed: &mut Vec<(Place, Hash)>) {
        let (mut hash, mut level, mut index) = (leaf(entry), 0, self.size);
        while index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            (hash, level, index) = (node(&left, &hash), level + 1, index >> 1);
            completed.push((Place { level, index }, hash));
        }
        self.peaks.push(hash);
        self.size += 1;
    }
}

/// The hash of a leaf.
pub fn leaf(entry: &Hash) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(entry).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The complete subtrees, left to right, that leaves from `from` up to `to` consist of: of a whole tree, or of a range that
/// [`siblings`] gave.
pub fn parts(from: u64, to: u64) -> Vec<Place> {
    let (mut parts, mut at) = (Vec::new(), from);
    while at < to {
        let level = (to - at).ilog2();
        parts.push(Place { level: level as u8, index: at >> level });
        at += 1 << level;
    }
    parts
}

/// The hash over complete subtrees that stand side by side, as [`parts`] gives them.
pub fn joined(parts: &[Hash]) -> Option<Hash> {
    parts.iter().rev().copied().reduce(|right, left| node(&left, &right))
}

/// The ranges of leaves whose hashes lead from a leaf to the root of a tree of `size` leaves: the path of its proof, from the leaf up.
pub fn siblings(index: u64, size: u64) -> Vec<(u64, u64)> {
    let (mut path, mut from, mut to) = (Vec::new(), 0, size);
    while to.saturating_sub(from) > 1 {
        let middle = from + (to - from).next_power_of_two() / 2;
        if index < middle {
            path.push((middle, to));
            to = middle;
        } else {
            path.push((from, middle));
            from = middle;
        }
    }
    path.reverse();
    path
}

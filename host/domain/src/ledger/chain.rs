//! One marketplace's entries, each holding the hash of the one before it: made link by link, and checked link by link.

use super::entry::{self, Hash, Record, Said};
use super::tree::{Place, Tree};

/// Where a chain ends so far.
#[derive(Debug, Clone)]
pub struct Chain {
    market: String,
    last: Hash,
    tree: Tree,
}

/// What makes an entry a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Its place.
    pub seq: u64,
    /// Hash of the entry before it.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
}

/// The first entry of a chain that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Entries are missing, or out of order.
    #[error("entry {expected} is missing: entry {found} stands in its place")]
    Gap {
        /// Which should come.
        expected: u64,
        /// Which does.
        found: u64,
    },
    /// The one before it is another than it was.
    #[error("entry {0} does not hold the hash of the entry before it")]
    Previous(u64),
    /// It says something else than it did.
    #[error("entry {0} does not say what its hash stands for")]
    Hash(u64),
}

impl Chain {
    /// A marketplace's, before its first entry.
    pub fn new(market: &str) -> Self {
        Self::resumed(market, [0; 32], Tree::default())
    }

    /// After the entry with the hash `last`, the newest of `tree`.
    pub fn resumed(market: &str, last: Hash, tree: Tree) -> Self {
        Self { market: market.to_owned(), last, tree }
    }

    /// The tree over all entries so far.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Hash of the newest entry; zeros where there is none.
    pub fn last(&self) -> Hash {
        self.last
    }

    /// Makes the next link. Subtrees that it completes are added to `completed`.
    pub fn seal(&mut self, said: &Said<'_>, completed: &mut Vec<(Place, Hash)>) -> Sealed {
        let (seq, previous) = (self.tree.size(), self.last);
        let hash = entry::hash(&self.market, seq, &previous, said);
        self.tree.push(&hash, completed);
        self.last = hash;
        Sealed { seq, previous, hash }
    }

    /// Checks that a kept entry is the next link. Subtrees that it completes are added to `completed`.
    pub fn check(&mut self, record: &Record, completed: &mut Vec<(Place, Hash)>) -> Result<(), Broken> {
        let expected = self.tree.size();
        if record.seq != expected {
            return Err(Broken::Gap { expected, found: record.seq });
        }
        if record.previous != self.last {
            return Err(Broken::Previous(expected));
        }
        if record.hash != entry::hash(&self.market, expected, &self.last, &record.said()) {
            return Err(Broken::Hash(expected));
        }
        self.tree.push(&record.hash, completed);
        self.last = record.hash;
        Ok(())
    }
}

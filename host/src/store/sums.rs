//! The sums that a lane wrote last. Nobody else writes in its lane, so it need not read them again: merchants' buckets of the days
//! under way change with every few of their events.

use andon_domain::tally::Bucket;
use hashlink::LruCache;
use rapidhash::fast::RandomState;

use super::session::{Result, TallyKey};

/// Buckets that are remembered, of some hundred bytes each.
const BUCKETS: usize = 1 << 16;

/// What the database holds of a lane's sums, as far as it is remembered.
pub(super) struct Sums(LruCache<TallyKey, Bucket, RandomState>);

impl Default for Sums {
    fn default() -> Self {
        Self(LruCache::with_hasher(BUCKETS, RandomState::default()))
    }
}

impl Sums {
    /// Buckets in the order asked for; `read` answers those that are not remembered.
    pub(super) fn get(
        &mut self,
        keys: &[TallyKey],
        read: impl FnOnce(&[TallyKey]) -> Result<Vec<Bucket>>,
    ) -> Result<Vec<Bucket>> {
        let known: Vec<Option<Bucket>> = keys.iter().map(|key| self.0.get(key).cloned()).collect();
        let missing: Vec<TallyKey> = keys.iter().zip(&known).filter(|(_, b)| b.is_none()).map(|(key, _)| *key).collect();
        let mut found = if missing.is_empty() { Vec::new() } else { read(&missing)? }.into_iter();
        Ok(known.into_iter().map(|bucket| bucket.or_else(|| found.next()).unwrap_or_default()).collect())
    }

    /// Remembers what was written; of equal keys the last, as the database does.
    pub(super) fn put(&mut self, rows: &[(TallyKey, Bucket)]) {
        for (key, bucket) in rows {
            self.0.insert(*key, bucket.clone());
        }
    }

    /// For when what was written was undone, or somebody else has written.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

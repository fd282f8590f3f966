//! The sums that a lane wrote last. Nobody else writes in its lane, so it need not read them again: merchants' buckets of the days
//! under way change with every few of their events.

use andon_domain::tally::Bucket;
use hashlink::LruCache;
use rapidhash::fast::RandomState;

use super::session::{Result, TallyKey};

/// Cells that are remembered, of 16 bytes each.
const CELLS: usize = 1 << 22;

/// What a bucket takes besides its cells, in cells.
const BUCKET: usize = 8;

/// What the database holds of a lane's sums, as far as it is remembered.
pub(super) struct Sums {
    known: LruCache<TallyKey, Bucket, RandomState>,
    /// How much is remembered, and may be at most.
    cells: usize,
    most: usize,
}

impl Default for Sums {
    fn default() -> Self {
        Self::of(CELLS)
    }
}

impl Sums {
    fn of(most: usize) -> Self {
        Self { known: LruCache::with_hasher(usize::MAX, RandomState::default()), cells: 0, most }
    }

    /// Buckets in the order asked for; `read` answers those that are not remembered.
    pub(super) fn get(
        &mut self,
        keys: &[TallyKey],
        read: impl FnOnce(&[TallyKey]) -> Result<Vec<Bucket>>,
    ) -> Result<Vec<Bucket>> {
        let known: Vec<Option<Bucket>> = keys.iter().map(|key| self.known.get(key).cloned()).collect();
        let missing: Vec<TallyKey> = keys.iter().zip(&known).filter(|(_, b)| b.is_none()).map(|(key, _)| *key).collect();
        let mut found = if missing.is_empty() { Vec::new() } else { read(&missing)? }.into_iter();
        Ok(known.into_iter().map(|bucket| bucket.or_else(|| found.next()).unwrap_or_default()).collect())
    }

    /// Remembers what was written; of equal keys the last, as the database does. What was not asked for longest is forgotten.
    pub(super) fn put(&mut self, rows: &[(TallyKey, Bucket)]) {
        for (key, bucket) in rows {
            self.cells += weight(bucket);
            if let Some(before) = self.known.insert(*key, bucket.clone()) {
                self.cells -= weight(&before);
            }
        }
        while self.cells > self.most
            && let Some((_, oldest)) = self.known.remove_lru()
        {
            self.cells -= weight(&oldest);
        }
    }

    /// For when what was written was undone, or somebody else has written.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.cells = 0;
    }
}

fn weight(bucket: &Bucket) -> usize {
    BUCKET + bucket.len()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use andon_domain::tally::Slot;
    use proptest::prelude::*;

    use super::*;

    fn key(merchant: i64) -> TallyKey {
        TallyKey { generation: 1, bucket: 0, merchant, listing: 0 }
    }

    fn bucket(days: i32) -> Bucket {
        let mut bucket = Bucket::default();
        for day in 0..days {
            bucket.add(day, Slot::counted(0), 1);
        }
        bucket
    }

    proptest! {
        #[test]
        fn what_is_answered_is_what_was_written(writes in prop::collection::vec((0..12i64, 0..32i32, any::<bool>()), 0..60)) {
            let (mut sums, mut database) = (Sums::of(100), HashMap::new());
            for (merchant, days, forget) in writes {
                if forget {
                    sums.forget();
                }
                database.insert(key(merchant), bucket(days));
                sums.put(&[(key(merchant), bucket(days))]);
                prop_assert!(sums.cells <= 100);
                prop_assert_eq!(sums.cells, sums.known.iter().map(|(_, bucket)| weight(bucket)).sum::<usize>());
                let keys: Vec<TallyKey> = (0..12).map(key).collect();
                let held = |key: &TallyKey| database.get(key).cloned().unwrap_or_default();
                let read = |keys: &[TallyKey]| Ok(keys.iter().map(held).collect());
                prop_assert_eq!(sums.get(&keys, read).unwrap(), keys.iter().map(held).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_was_asked_for_last_is_remembered() {
        let mut sums = Sums::of(3 * (BUCKET + 2));
        sums.put(&[(key(1), bucket(2)), (key(2), bucket(2)), (key(3), bucket(2))]);
        let none = |keys: &[TallyKey]| -> Result<Vec<Bucket>> { panic!("{keys:?} were known") };
        sums.get(&[key(1), key(3)], none).unwrap();
        sums.put(&[(key(4), bucket(2))]);
        let mut asked = Vec::new();
        let read = |keys: &[TallyKey]| {
            asked = keys.to_vec();
            Ok(vec![bucket(2); keys.len()])
        };
        assert_eq!(sums.get(&[1, 2, 3, 4].map(key), read).unwrap(), vec![bucket(2); 4]);
        assert_eq!(asked, [key(2)]);
    }
}

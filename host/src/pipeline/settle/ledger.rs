//! What a transaction adds up before it writes. Most of a subject's marks outlive a change: what is taken back and counted again as
//! it was is not written at all.

use std::collections::{BTreeMap, HashSet};

use andon_domain::ids::Day;
use andon_domain::tally::Slot;

use crate::store::session::{Evidence, FaultRow, Result, Session, TallyKey};

/// Sums, kept marks, faults, and who becomes due by them.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) cells: BTreeMap<TallyKey, Vec<(Day, Slot, i64)>>,
    pub(super) drop: Vec<Evidence>,
    pub(super) add: Vec<Evidence>,
    pub(super) dirty: HashSet<i64>,
    pub(super) faults: Vec<FaultRow>,
    pub(super) clear: Vec<(i64, i64, i64)>,
    /// Something is to be asked about again at once.
    pub(super) later: bool,
}

impl Ledger {
    /// Leaves out what comes to nothing.
    pub(super) fn balance(&mut self) {
        self.cells.retain(|_, cells| {
            add_up(cells);
            !cells.is_empty()
        });
        let added: HashSet<&Evidence> = self.add.iter().collect();
        let kept: HashSet<Evidence> = self.drop.iter().filter(|e| added.contains(e)).cloned().collect();
        self.drop.retain(|e| !kept.contains(e));
        self.add.retain(|e| !kept.contains(e));
    }

    pub(super) fn write_cells(&self, session: &mut dyn Session) -> Result<()> {
        if self.cells.is_empty() {
            return Ok(());
        }
        let keys: Vec<TallyKey> = self.cells.keys().copied().collect();
        let mut buckets = session.buckets(&keys)?;
        for (bucket, changes) in buckets.iter_mut().zip(self.cells.values()) {
            for (day, slot, amount) in changes {
                bucket.add(*day, *slot, *amount);
            }
        }
        session.put_buckets(&keys.into_iter().zip(buckets).collect::<Vec<_>>())
    }
}

/// One amount for each day and slot, none where it is zero.
fn add_up(cells: &mut Vec<(Day, Slot, i64)>) {
    cells.sort_unstable();
    cells.dedup_by(|next, sum| {
        let same = (next.0, next.1) == (sum.0, sum.1);
        if same {
            sum.2 = sum.2.saturating_add(next.2);
        }
        same
    });
    cells.retain(|(.., amount)| *amount != 0);
}

#[cfg(test)]
mod tests {
    use andon_domain::mark::Mark;
    use andon_domain::tally::Bucket;
    use proptest::prelude::*;

    use super::*;

    fn kept(subject: i64, amount: i64) -> Evidence {
        let mark = Mark { counter: 1, at: 5, amount, cause: None, excluded: None };
        Evidence { generation: 1, merchant: 2, subject, ordinal: 0, mark, day: 0, buyer: 0, listing: 0 }
    }

    #[test]
    fn a_kept_mark_that_stays_as_it_was_is_neither_dropped_nor_added() {
        let (drop, add) = (vec![kept(1, 1), kept(2, 1)], vec![kept(2, 5), kept(1, 1), kept(3, 1)]);
        let mut ledger = Ledger { drop, add, ..Ledger::default() };
        ledger.balance();
        assert_eq!((ledger.drop, ledger.add), (vec![kept(2, 1)], vec![kept(2, 5), kept(3, 1)]));
    }

    proptest! {
        #[test]
        fn a_bucket_ends_as_if_each_amount_had_been_added(cells in prop::collection::vec((0..3i32, 0..3u16, -2..3i64), 0..40)) {
            let cells: Vec<_> = cells.into_iter().map(|(day, counter, amount)| (day, Slot::counted(counter), amount)).collect();
            let key = TallyKey { generation: 1, bucket: 0, merchant: 1, listing: 0 };
            let added = |cells: &[(Day, Slot, i64)]| {
                let mut bucket = Bucket::default();
                for (day, slot, amount) in cells {
                    bucket.add(*day, *slot, *amount);
                }
                bucket
            };
            let mut ledger = Ledger { cells: [(key, cells.clone())].into(), ..Ledger::default() };
            ledger.balance();
            let left = ledger.cells.get(&key).cloned().unwrap_or_default();
            prop_assert_eq!(added(&left), added(&cells));
            prop_assert_eq!(ledger.cells.contains_key(&key), !added(&cells).is_empty());
            prop_assert!(left.iter().all(|(.., amount)| *amount != 0) && left.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        }
    }
}

//! Sums by counter and calendar day. A merchant's days are kept in buckets of [`BUCKET_DAYS`] days, one small row each: a fact's
//! marks fall on few days close together, so an update touches one or two rows instead of one for each counter and day.

use serde::{Deserialize, Serialize};

use crate::ids::Day;

/// Days in a bucket. Fewer make more rows to read for a window, more make each rewritten row longer.
pub const BUCKET_DAYS: i32 = 32;

/// The bucket that holds `day`.
pub fn bucket_of(day: Day) -> i32 {
    day.div_euclid(BUCKET_DAYS)
}

/// Where a sum is kept: a counter, for what counts or for what was excluded from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot(u16);

impl Slot {
    /// The sum of what counts.
    pub fn counted(counter: u16) -> Self {
        Self(counter << 1)
    }

    /// The sum of what would count but for an exclusion.
    pub fn excluded(counter: u16) -> Self {
        Self((counter << 1) | 1)
    }

    /// The slot of a mark.
    pub fn of(counter: u16, excluded: bool) -> Self {
        if excluded { Self::excluded(counter) } else { Self::counted(counter) }
    }
}

/// One bucket: nonzero sums by day and slot, sorted. Integer sums commute, so any order of additions ends alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    cells: Vec<(u8, Slot, i64)>,
}

impl Bucket {
    /// Adds `amount` to `slot` on `day`, which must lie in this bucket; sums that reach zero disappear.
    pub fn add(&mut self, day: Day, slot: Slot, amount: i64) {
        let offset = day.rem_euclid(BUCKET_DAYS) as u8;
        match self.cells.binary_search_by_key(&(offset, slot), |c| (c.0, c.1)) {
            Ok(i) => {
                self.cells[i].2 = self.cells[i].2.saturating_add(amount);
                if self.cells[i].2 == 0 {
                    self.cells.remove(i);
                }
            }
            Err(_) if amount == 0 => {}
            Err(i) => self.cells.insert(i, (offset, slot, amount)),
        }
    }

    /// Nothing left in it.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Day, slot and sum of each cell of this bucket, given its number.
    pub fn cells(&self, bucket: i32) -> impl Iterator<Item = (Day, Slot, i64)> + '_ {
        self.cells.iter().map(move |&(offset, slot, sum)| (bucket * BUCKET_DAYS + i32::from(offset), slot, sum))
    }

    /// The bytes of a row.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// A row's bytes read again; `None` if they are not a bucket.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// A merchant's (or listing's, or the whole marketplace's) sums over the days that were loaded, ready to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    cells: Vec<(Slot, Day, i64)>,
}

impl Sheet {
    /// From cells in any order, repeats added up.
    pub fn new(cells: impl IntoIterator<Item = (Day, Slot, i64)>) -> Self {
        let mut all: Vec<_> = cells.into_iter().map(|(day, slot, sum)| (slot, day, sum)).collect();
        // Stored cells come by day, of few slots: a stable sort tells few slots apart in few passes.
        if all.is_sorted_by_key(|c| c.1) {
            all.sort_by_key(|c| c.0);
        } else {
            all.sort_unstable();
        }
        all.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 = kept.2.saturating_add(next.2);
            }
            same
        });
        all.retain(|c| c.2 != 0);
        Self { cells: all }
    }

    /// Whether it holds no sums at all.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The sum of a slot over days `from` to `to`, both included; sums stop at the ends of i64.
    pub fn sum(&self, slot: Slot, from: Day, to: Day) -> i64 {
        let days = self.days(slot);
        let days = &days[days.partition_point(|c| c.1 < from)..];
        let days = &days[..days.partition_point(|c| c.1 <= to)];
        // Sums that reach an end are rare enough to be added up again; to stop at each step costs as much as all the rest.
        let (sum, ended) = days.iter().fold((0i64, false), |(sum, ended), c| {
            let (sum, over) = sum.overflowing_add(c.2);
            (sum, ended | over)
        });
        if ended { days.iter().fold(0, |sum, c| sum.saturating_add(c.2)) } else { sum }
    }

    /// Adds to one cell, as a what-if does; sums that reach zero disappear.
    pub fn add(&mut self, day: Day, slot: Slot, amount: i64) {
        match self.cells.binary_search_by_key(&(slot, day), |c| (c.0, c.1)) {
            Ok(i) => {
                self.cells[i].2 = self.cells[i].2.saturating_add(amount);
                if self.cells[i].2 == 0 {
                    self.cells.remove(i);
                }
            }
            Err(_) if amount == 0 => {}
            Err(i) => self.cells.insert(i, (slot, day, amount)),
        }
    }

    /// A slot's days and sums, by day.
    pub fn days(&self, slot: Slot) -> &[(Slot, Day, i64)] {
        let start = self.cells.partition_point(|c| c.0 < slot);
        let len = self.cells[start..].partition_point(|c| c.0 == slot);
        &self.cells[start..start + len]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sums_stop_at_the_ends() {
        let sheet =
            Sheet::new([(1, Slot(0), i64::MAX), (2, Slot(0), 5), (3, Slot(0), -7), (1, Slot(1), i64::MIN), (2, Slot(1), -1)]);
        assert_eq!([sheet.sum(Slot(0), 1, 2), sheet.sum(Slot(0), 1, 3)], [i64::MAX, i64::MAX - 7]);
        assert_eq!([sheet.sum(Slot(1), 1, 2), sheet.sum(Slot(0), 2, 3)], [i64::MIN, -2]);
    }

    proptest! {
        #[test]
        fn additions_commute_and_retract(adds in prop::collection::vec((0..BUCKET_DAYS, 0u16..6, -5i64..6), 0..40), seed in any::<u64>()) {
            let mut there = Bucket::default();
            for &(day, slot, n) in &adds {
                there.add(day, Slot(slot), n);
            }
            let mut shuffled = adds.clone();
            let len = shuffled.len().max(1);
            for i in 0..shuffled.len() {
                shuffled.swap(i, (seed as usize).wrapping_mul(i + 7) % len);
            }
            let mut again = Bucket::default();
            for &(day, slot, n) in &shuffled {
                again.add(day, Slot(slot), n);
            }
            prop_assert_eq!(&there, &again);
            prop_assert_eq!(Bucket::decode(&there.encode()), Some(there.clone()));
            for &(day, slot, n) in &adds {
                there.add(day, Slot(slot), -n);
            }
            prop_assert!(there.is_empty());
        }

        #[test]
        fn a_sheet_sums_like_a_plain_filter(cells in prop::collection::vec((-50i32..50, 0u16..4, -9i64..9), 0..60), from in -60i32..60, len in 0i32..60) {
            let sheet = Sheet::new(cells.iter().map(|&(d, s, n)| (d, Slot(s), n)));
            for slot in 0..4 {
                let plain: i64 = cells.iter().filter(|c| c.1 == slot && c.0 >= from && c.0 <= from + len).map(|c| c.2).sum();
                prop_assert_eq!(sheet.sum(Slot(slot), from, from + len), plain);
            }
            let mut added = Sheet::default();
            for &(day, slot, n) in &cells {
                added.add(day, Slot(slot), n);
            }
            prop_assert_eq!(&added, &sheet);
            for &(day, slot, n) in &cells {
                added.add(day, Slot(slot), -n);
            }
            prop_assert!(added.is_empty());
        }
    }
}

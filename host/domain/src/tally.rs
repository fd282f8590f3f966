//! Sums by counter and calendar day. A merchant's days are kept in buckets of [`BUCKET_DAYS`] days, one small row each: a fact's
//! marks fall on few days close together, so an update touches one or two rows instead of one for each counter and day.

use std::ops::Range;

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

    /// How many sums are in it.
    pub fn len(&self) -> usize {
        self.cells.len()
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

/// A merchant's (or listing's, or the whole marketplace's) sums over the days that were loaded, ready to be read. It keeps running
/// totals, so that a sum over a window is one subtraction, however many days the window has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// By number of a slot: where its days end; they begin where those of the slot before it end.
    ends: Vec<usize>,
    /// Each slot's days with a sum, rising.
    days: Vec<Day>,
    /// By day: the slot's sum from its first day to this one, wide enough never to reach an end.
    totals: Vec<i128>,
}

impl Sheet {
    /// From cells in any order, repeats added up.
    pub fn new(cells: impl IntoIterator<Item = (Day, Slot, i64)>) -> Self {
        let all: Vec<_> = cells.into_iter().collect();
        let (mut cells, ends) = by_slot(&all);
        let mut sheet = Self { ends: Vec::new(), days: Vec::with_capacity(all.len()), totals: Vec::with_capacity(all.len()) };
        let mut start = 0;
        for end in ends {
            sheet.append(&mut cells[start..end]);
            start = end;
        }
        sheet.trim();
        sheet
    }

    /// Takes in the next slot's cells.
    fn append(&mut self, cells: &mut [(Day, i64)]) {
        if !cells.is_sorted_by_key(|c| c.0) {
            cells.sort_unstable_by_key(|c| c.0);
        }
        let mut total = 0;
        for day in cells.chunk_by(|a, b| a.0 == b.0) {
            let sum: i128 = day.iter().map(|c| i128::from(c.1)).sum();
            if sum != 0 {
                total += sum;
                self.days.push(day[0].0);
                self.totals.push(total);
            }
        }
        self.ends.push(self.days.len());
    }

    /// Whether it holds no sums at all.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// The sum of a slot over days `from` to `to`, both included; one beyond the ends of i64 is shown as that end.
    pub fn sum(&self, slot: Slot, from: Day, to: Day) -> i64 {
        let days = self.days(slot);
        let (first, end) = (before(days, from), before(days, to.saturating_add(1)));
        between(&self.totals[self.place(slot)], first, end.max(first))
    }

    /// Sums of a slot over one window after another, where each lies close to the one before.
    pub fn glide(&self, slot: Slot) -> Glide<'_> {
        Glide { days: self.days(slot), totals: &self.totals[self.place(slot)], first: 0, end: 0 }
    }

    /// Adds cells, which it sorts, going through the sums once; those that reach zero disappear.
    pub fn add(&mut self, cells: &mut [(Day, Slot, i64)]) {
        cells.sort_unstable_by_key(|(day, slot, _)| (*slot, *day));
        let Some((_, Slot(last), _)) = cells.last() else { return };
        let more = self.days.len() + cells.len();
        let mut sheet = Self { ends: Vec::new(), days: Vec::with_capacity(more), totals: Vec::with_capacity(more) };
        let (mut next, slots) = (0, self.ends.len().max(usize::from(*last) + 1));
        for cells in cells.chunk_by(|a, b| a.1 == b.1) {
            let slot = usize::from(cells[0].1.0);
            sheet.copy(self, next..slot);
            let place = self.range(slot);
            sheet.merge(&self.days[place.clone()], &self.totals[place], cells);
            next = slot + 1;
        }
        sheet.copy(self, next..slots);
        sheet.trim();
        *self = sheet;
    }

    /// Takes over the next slots as `other` has them.
    fn copy(&mut self, other: &Self, slots: Range<usize>) {
        let (Some(first), Some(last)) = (slots.clone().next(), slots.clone().next_back()) else { return };
        let place = other.range(first).start..other.end(last);
        let here = self.days.len();
        self.ends.extend(slots.map(|slot| here + other.end(slot) - place.start));
        self.days.extend_from_slice(&other.days[place.clone()]);
        self.totals.extend_from_slice(&other.totals[place]);
    }

    /// Takes in the next slot's days and totals with cells, sorted by day, added.
    fn merge(&mut self, days: &[Day], totals: &[i128], cells: &[(Day, Slot, i64)]) {
        let (mut taken, mut added) = (0, 0);
        let known = |count: usize| count.checked_sub(1).map_or(0, |last| totals[last]);
        for cells in cells.chunk_by(|a, b| a.0 == b.0) {
            let day = cells[0].0;
            let until = taken + days[taken..].partition_point(|known| *known < day);
            self.take_over(&days[taken..until], &totals[taken..until], added);
            taken = until + usize::from(days.get(until) == Some(&day));
            let before = known(until) + added;
            added += cells.iter().map(|c| i128::from(c.2)).sum::<i128>();
            if known(taken) + added != before {
                self.take_over(&[day], &[known(taken)], added);
            }
        }
        self.take_over(&days[taken..], &totals[taken..], added);
        self.ends.push(self.days.len());
    }

    fn take_over(&mut self, days: &[Day], totals: &[i128], added: i128) {
        self.days.extend_from_slice(days);
        self.totals.extend(totals.iter().map(|total| total + added));
    }

    /// A slot's days that have a sum, rising.
    pub fn days(&self, slot: Slot) -> &[Day] {
        &self.days[self.place(slot)]
    }

    /// A slot's days and sums, by day.
    pub fn cells(&self, slot: Slot) -> impl Iterator<Item = (Day, i64)> {
        let totals = &self.totals[self.place(slot)];
        let before = std::iter::once(&0).chain(totals);
        self.days(slot).iter().zip(totals.iter().zip(before)).map(|(day, (to, before))| (*day, narrow(to - before)))
    }

    fn place(&self, slot: Slot) -> Range<usize> {
        self.range(usize::from(slot.0))
    }

    /// Where the days of a slot with this number are.
    fn range(&self, number: usize) -> Range<usize> {
        let start = number.checked_sub(1).map_or(0, |before| self.end(before));
        start..self.end(number)
    }

    fn end(&self, slot: usize) -> usize {
        self.ends.get(slot).copied().unwrap_or(self.days.len())
    }

    /// Forgets the slots at the end that have no days, so that equal sums are equal sheets.
    fn trim(&mut self) {
        while self.ends.last().is_some_and(|end| *end == self.ends.iter().nth_back(1).copied().unwrap_or(0)) {
            self.ends.pop();
        }
    }
}

/// A window gliding over a slot's days: what it costs to move it is the days that it moves by, and no search.
#[derive(Debug, Clone)]
pub struct Glide<'a> {
    days: &'a [Day],
    totals: &'a [i128],
    first: usize,
    end: usize,
}

impl Glide<'_> {
    /// [`Sheet::sum`] of its slot.
    pub fn sum(&mut self, from: Day, to: Day) -> i64 {
        self.first = moved(self.days, self.first, |day| day < from);
        self.end = moved(self.days, self.end, |day| day <= to).max(self.first);
        between(self.totals, self.first, self.end)
    }
}

/// How many of the days are `within`, counted from a place that was right for a window nearby.
fn moved(days: &[Day], mut place: usize, within: impl Fn(Day) -> bool) -> usize {
    while days.get(place).is_some_and(|day| within(*day)) {
        place += 1;
    }
    while place > 0 && !within(days[place - 1]) {
        place -= 1;
    }
    place
}

/// How many of the days are before `day`. They rise, so it is no more than `day` lies behind the first; without gaps, that many.
fn before(days: &[Day], day: Day) -> usize {
    let Some(first) = days.first() else { return 0 };
    let most = usize::try_from(day.saturating_sub(*first)).unwrap_or(0).min(days.len());
    match most.checked_sub(1) {
        Some(last) if days[last] >= day => days[..last].partition_point(|known| *known < day),
        _ => most,
    }
}

/// The sum of days `first` to `end`, that one left out, given a slot's running totals.
fn between(totals: &[i128], first: usize, end: usize) -> i64 {
    let before = |day: usize| if day == 0 { 0 } else { totals[day - 1] };
    narrow(before(end) - before(first))
}

/// Cells one slot after the other, and by number of a slot where its cells end.
fn by_slot(cells: &[(Day, Slot, i64)]) -> (Vec<(Day, i64)>, Vec<usize>) {
    let number = |slot: Slot| usize::from(slot.0);
    let slots = cells.iter().map(|c| number(c.1) + 1).max().unwrap_or(0);
    // Where slots begin, which becomes where they end as their cells are put in place.
    let mut ends = vec![0; slots + 1];
    for cell in cells {
        ends[number(cell.1) + 1] += 1;
    }
    for slot in 0..slots {
        ends[slot + 1] += ends[slot];
    }
    ends.truncate(slots);
    let mut placed = vec![(0, 0); cells.len()];
    for (day, slot, sum) in cells {
        let end = &mut ends[number(*slot)];
        placed[*end] = (*day, *sum);
        *end += 1;
    }
    (placed, ends)
}

/// The nearest there is in i64.
fn narrow(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sums_stop_at_the_ends() {
        let sheet =
            Sheet::new([(1, Slot(0), i64::MAX), (2, Slot(0), 5), (3, Slot(0), -7), (1, Slot(1), i64::MIN), (2, Slot(1), -1)]);
        assert_eq!([sheet.sum(Slot(0), 1, 2), sheet.sum(Slot(0), 1, 3)], [i64::MAX, i64::MAX - 2]);
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
        fn a_sheet_sums_like_a_plain_filter(
            cells in prop::collection::vec((-50i32..50, 0u16..4, -9i64..9), 0..60),
            from in -60i32..60,
            len in 0i32..60,
            windows in prop::collection::vec((-60i32..60, -3i32..60), 0..20),
            at_once in 1usize..60,
        ) {
            let sheet = Sheet::new(cells.iter().map(|&(d, s, n)| (d, Slot(s), n)));
            for slot in 0..4 {
                let mut glide = sheet.glide(Slot(slot));
                for &(from, len) in &windows {
                    prop_assert_eq!(glide.sum(from, from + len), sheet.sum(Slot(slot), from, from + len));
                }
                let plain: i64 = cells.iter().filter(|c| c.1 == slot && c.0 >= from && c.0 <= from + len).map(|c| c.2).sum();
                prop_assert_eq!(sheet.sum(Slot(slot), from, from + len), plain);
                let mut days = std::collections::BTreeMap::<i32, i64>::new();
                cells.iter().filter(|c| c.1 == slot).for_each(|c| *days.entry(c.0).or_default() += c.2);
                days.retain(|_, sum| *sum != 0);
                prop_assert_eq!(sheet.days(Slot(slot)), days.keys().copied().collect::<Vec<_>>());
                prop_assert_eq!(sheet.cells(Slot(slot)).collect::<Vec<_>>(), days.into_iter().collect::<Vec<_>>());
            }
            let mut all: Vec<_> = cells.iter().map(|&(day, slot, n)| (day, Slot(slot), n)).collect();
            let mut added = Sheet::default();
            for some in all.chunks_mut(at_once) {
                added.add(some);
            }
            prop_assert_eq!(&added, &sheet);
            for cell in &mut all {
                cell.2 = -cell.2;
            }
            for some in all.chunks_mut(at_once + 3) {
                added.add(some);
            }
            prop_assert!(added.is_empty());
        }
    }
}

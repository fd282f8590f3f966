//! "At most three ratings a buyer a month": where rules declare a quota, only the first so many of one buyer's orders count in a
//! period. Which they are hangs on nothing but dates and keys, so orders may come in any sequence, change and go.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::Hash;

use crate::calendar::Calendar;
use crate::ids::{Day, Instant};
use crate::manifest::{Manifest, Period, Quota};
use crate::mark::Mark;
use crate::window::Span;

impl Period {
    /// The period that holds `day`.
    pub fn on(self, day: Day) -> Span {
        let month = Span { from: Calendar::month_start(day, 0), to: Calendar::month_start(day, 1) - 1 };
        match self {
            Self::Month => month,
            Self::TenDays => match day - month.from {
                0..10 => Span { to: month.from + 9, ..month },
                10..20 => Span { from: month.from + 10, to: month.from + 19 },
                _ => Span { from: month.from + 20, ..month },
            },
        }
    }
}

/// Orders that compete for the same places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// Index of the quota.
    pub quota: u16,
    /// The buyer's key.
    pub buyer: u64,
    /// First day of the period.
    pub period: Day,
}

/// Where an order stands in its group: the earlier the further in front, and at one moment by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// When its earliest mark counts.
    pub at: Instant,
    /// Its key.
    pub key: u64,
}

/// Where an order with these marks stands, under each quota that has any of them; nowhere without a buyer. Marks that the rules
/// excluded compete for nothing.
pub fn places(
    manifest: &Manifest,
    buyer: Option<u64>,
    key: u64,
    marks: &[Mark],
    mut day_of: impl FnMut(Instant) -> Day,
) -> Vec<(Group, Place)> {
    let Some(buyer) = buyer.filter(|_| !manifest.quotas.is_empty()) else { return Vec::new() };
    let place = |(quota, declared): (u16, &Quota)| {
        let counted = marks.iter().filter(|m| m.excluded.is_none() && under(manifest, m) == Some(quota));
        let at = counted.map(|m| m.at).min()?;
        let period = declared.per.on(day_of(at)).from;
        Some((Group { quota, buyer, period }, Place { at, key }))
    };
    (0..).zip(&manifest.quotas).filter_map(place).collect()
}

/// The quota under which a mark counts.
pub fn under(manifest: &Manifest, mark: &Mark) -> Option<u16> {
    manifest.counters.get(usize::from(mark.counter))?.quota
}

/// A mark as it counts, where its order may be `beyond` its quota.
pub fn held(manifest: &Manifest, mark: Mark, beyond: impl FnOnce(u16) -> bool) -> Mark {
    match under(manifest, &mark) {
        Some(quota) if mark.excluded.is_none() && beyond(quota) => {
            Mark { excluded: manifest.quotas.get(usize::from(quota)).map(|q| q.exclusion), ..mark }
        }
        _ => mark,
    }
}

/// How many places of a group count.
pub fn most(manifest: &Manifest, group: &Group) -> usize {
    manifest.quotas.get(usize::from(group.quota)).map_or(usize::MAX, |q| usize::from(q.most))
}

/// Which of all orders are beyond which quotas, each told by a name of the caller's; `whose` tells merchants apart.
pub fn beyond<W: Copy + Ord, N: Copy + Eq + Hash>(manifest: &Manifest, mut all: Vec<(W, Group, Place, N)>) -> HashSet<(N, u16)> {
    all.sort_unstable_by_key(|(whose, group, place, _)| (*whose, *group, *place));
    let groups = all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let rest = groups.flat_map(|group| group.iter().skip(most(manifest, &group[0].1)));
    rest.map(|(_, group, _, name)| (*name, group.quota)).collect()
}

/// A fact's marks, and what decides whether they count.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The buyer's key, where it is an order.
    pub buyer: Option<u64>,
    /// Its own.
    pub key: u64,
    /// Its marks as the rules made them.
    pub marks: Cow<'a, [Mark]>,
}

/// Makes the marks of all of one merchant's facts what they count as.
pub fn hold(manifest: &Manifest, all: &mut [Candidate<'_>], mut day_of: impl FnMut(Instant) -> Day) {
    let mut standing = Vec::new();
    for (i, candidate) in all.iter().enumerate() {
        let found = places(manifest, candidate.buyer, candidate.key, &candidate.marks, &mut day_of);
        standing.extend(found.into_iter().map(|(group, place)| ((), group, place, i)));
    }
    for (i, quota) in beyond(manifest, standing) {
        for mark in all[i].marks.to_mut() {
            *mark = held(manifest, *mark, |own| own == quota);
        }
    }
}

/// The places of a group that count before and after some leave it and others join, in order. `front` holds its first places
/// before, at least `most` and as many as leave; so a group may be large and is never read as a whole.
pub fn turn(most: usize, front: &[Place], leave: &[Place], join: &[Place]) -> (Vec<Place>, Vec<Place>) {
    let before = front.iter().copied().take(most).collect();
    let mut after: Vec<Place> = front.iter().copied().filter(|p| !leave.contains(p)).chain(join.iter().copied()).collect();
    after.sort_unstable();
    after.dedup();
    after.truncate(most);
    (before, after)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::calendar::day_of_date;

    fn day(y: i32, m: u32, d: u32) -> Day {
        day_of_date(chrono::NaiveDate::from_ymd_opt(y, m, d).unwrap())
    }

    #[test]
    fn periods_are_months_and_thirds_of_them() {
        let span = |from, to| Span { from, to };
        assert_eq!(Period::Month.on(day(2024, 2, 29)), span(day(2024, 2, 1), day(2024, 2, 29)));
        for (of, block) in [
            (day(2024, 2, 1), span(day(2024, 2, 1), day(2024, 2, 10))),
            (day(2024, 2, 10), span(day(2024, 2, 1), day(2024, 2, 10))),
            (day(2024, 2, 11), span(day(2024, 2, 11), day(2024, 2, 20))),
            (day(2024, 2, 20), span(day(2024, 2, 11), day(2024, 2, 20))),
            (day(2024, 2, 21), span(day(2024, 2, 21), day(2024, 2, 29))),
            (day(2024, 3, 31), span(day(2024, 3, 21), day(2024, 3, 31))),
        ] {
            assert_eq!(Period::TenDays.on(of), block);
        }
    }

    fn place() -> impl Strategy<Value = Place> {
        (0i64..6, 0u64..4).prop_map(|(at, key)| Place { at, key })
    }

    proptest! {
        #[test]
        fn a_turn_needs_no_more_than_the_front_of_a_group(
            group in prop::collection::btree_set(place(), 0..14),
            leave in prop::collection::btree_set(place(), 0..5),
            join in prop::collection::btree_set(place(), 0..5),
            most in 1usize..5,
        ) {
            let leave: Vec<_> = leave.intersection(&group).copied().collect();
            let whole: BTreeSet<_> = group.iter().copied().filter(|p| !leave.contains(p)).chain(join.iter().copied()).collect();
            let front: Vec<_> = group.iter().copied().take(most + leave.len()).collect();
            let (before, after) = turn(most, &front, &leave, &join.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(before, group.into_iter().take(most).collect::<Vec<_>>());
            prop_assert_eq!(after, whole.into_iter().take(most).collect::<Vec<_>>());
        }
    }
}

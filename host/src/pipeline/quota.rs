//! Quotas as facts change: which orders' marks count before a transaction and after it. An order that comes, changes or goes may
//! give its place to another, or take another's, so orders that nobody touched can begin or cease to count with it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use andon_domain::days::Days;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::mark::Mark;
use andon_domain::quota::{self, Group, Place};

use super::settle::{Change, Touched};
use crate::markets::Generation;
use crate::store::session::{For, Front, Marked, Repeat, Result, Session};

/// Orders beyond their quotas, by row number and quota.
type Beyond = HashSet<(i64, u16)>;

/// What a transaction changes about whose marks count.
#[derive(Default)]
pub(super) struct Turned {
    /// Of the changed orders: those that were beyond, and those that are.
    pub(super) before: Beyond,
    pub(super) after: Beyond,
    /// Orders that nobody touched.
    pub(super) others: Vec<Other>,
}

/// An order that begins or ceases to count through others.
pub(super) struct Other {
    pub(super) merchant: i64,
    pub(super) subject: i64,
    pub(super) marked: Marked,
    quota: u16,
    counted: bool,
}

impl Other {
    /// A mark as it counted before (or counts after), `None` where nothing changes about it.
    pub(super) fn turned(&self, manifest: &Manifest, mark: &Mark, after: bool) -> Option<Mark> {
        let turns = mark.excluded.is_none() && quota::under(manifest, mark) == Some(self.quota);
        turns.then(|| quota::held(manifest, *mark, |_| self.counted == after))
    }
}

/// A group of one merchant's.
type Key = (i64, Group);

/// One group's part in a transaction: the changed orders that stood in it, and those that do.
#[derive(Default)]
struct Shift {
    before: BTreeMap<Place, i64>,
    after: BTreeMap<Place, i64>,
}

/// Which marks the changes make count or not, and stores where the changed orders now stand.
pub(super) fn turn(
    session: &mut dyn Session,
    generation: &Generation,
    touched: &[Touched],
    changes: &[Change],
    days: &mut Days<'_>,
) -> Result<Turned> {
    if generation.manifest().quotas.is_empty() {
        return Ok(Turned::default());
    }
    let shifts = shifts(generation.manifest(), touched, changes, days);
    let fronts: Vec<Front> = shifts.iter().map(|(key, shift)| front(generation, key, shift, days)).collect();
    let found = session.fronts(&fronts)?;
    let changed: HashSet<i64> = changes.iter().map(|c| touched[c.touched].subject.id).collect();
    let mut turned = Turned::default();
    let (mut leave, mut join, mut others) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (((merchant, group), shift), front) in shifts.iter().zip(found) {
        let places: Vec<Place> = front.iter().map(|(place, _)| *place).collect();
        let [leaving, joining] = [without(&shift.before, &shift.after), without(&shift.after, &shift.before)];
        let most = quota::most(generation.manifest(), group);
        let only = |moved: &[(Place, i64)]| moved.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let (before, after) = quota::turn(most, &places, &only(&leaving), &only(&joining));
        turned.before.extend(shift.before.iter().filter(|(p, _)| !before.contains(p)).map(|(_, id)| (*id, group.quota)));
        turned.after.extend(shift.after.iter().filter(|(p, _)| !after.contains(p)).map(|(_, id)| (*id, group.quota)));
        for (place, id) in front.into_iter().filter(|(_, id)| !changed.contains(id)) {
            if before.contains(&place) != after.contains(&place) {
                others.insert((id, group.quota), (*merchant, before.contains(&place)));
            }
        }
        let row = |(place, subject)| {
            let Group { quota, buyer, .. } = *group;
            Repeat { generation: generation.id, merchant: *merchant, quota, buyer, place, subject }
        };
        leave.extend(leaving.into_iter().map(row));
        join.extend(joining.into_iter().map(row));
    }
    if !leave.is_empty() || !join.is_empty() {
        session.repeats(&leave, &join)?;
    }
    turned.others = bring(session, generation.id, &others)?;
    Ok(turned)
}

/// The groups that changes touch. An order that stays where it stood is in both: how its marks count may change with the others.
fn shifts(manifest: &Manifest, touched: &[Touched], changes: &[Change], days: &mut Days<'_>) -> BTreeMap<Key, Shift> {
    let mut shifts: BTreeMap<Key, Shift> = BTreeMap::new();
    for change in changes {
        let subject = &touched[change.touched].subject;
        let mut places = |marked: &Marked| quota::places(manifest, marked.party(), subject.key, &marked.marks, |at| days.of(at));
        if let Some((merchant, marked)) = &change.before {
            for (group, place) in places(marked) {
                shifts.entry((*merchant, group)).or_default().before.insert(place, subject.id);
            }
        }
        if let Some(merchant) = subject.merchant {
            for (group, place) in places(&subject.marks[change.slot]) {
                shifts.entry((merchant, group)).or_default().after.insert(place, subject.id);
            }
        }
    }
    shifts
}

/// What is in one and not in the other.
fn without(from: &BTreeMap<Place, i64>, to: &BTreeMap<Place, i64>) -> Vec<(Place, i64)> {
    from.iter().filter(|(place, _)| !to.contains_key(place)).map(|(place, id)| (*place, *id)).collect()
}

/// As much of a group as can matter.
fn front(generation: &Generation, (merchant, group): &Key, shift: &Shift, days: &Days<'_>) -> Front {
    let manifest = generation.manifest();
    let until = manifest.quotas.get(usize::from(group.quota)).map_or(Instant::MAX, |quota| {
        let period = quota.per.on(group.period);
        days.start_of(period.to + 1)
    });
    Front {
        generation: generation.id,
        merchant: *merchant,
        quota: group.quota,
        buyer: group.buyer,
        from: days.start_of(group.period),
        until,
        limit: quota::most(manifest, group) + shift.before.len(),
    }
}

/// The marks of orders that nobody touched.
fn bring(session: &mut dyn Session, generation: i64, others: &BTreeMap<(i64, u16), (i64, bool)>) -> Result<Vec<Other>> {
    let ids: BTreeSet<i64> = others.keys().map(|(id, _)| *id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let subjects = session.subjects_by_id(&ids.into_iter().collect::<Vec<_>>(), For::Reading)?;
    let mut found = Vec::with_capacity(others.len());
    for subject in subjects {
        let Some(marked) = subject.marks.into_iter().find(|m| m.generation == generation) else { continue };
        for ((_, quota), (merchant, counted)) in others.range((subject.id, 0)..=(subject.id, u16::MAX)) {
            let (merchant, quota, counted) = (*merchant, *quota, *counted);
            found.push(Other { merchant, subject: subject.id, marked: marked.clone(), quota, counted });
        }
    }
    Ok(found)
}

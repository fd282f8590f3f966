//! The way back for a standing: rules are played forward, whatever they are, over what is known today. Nothing is assumed of them
//! but that the same question has the same answer.

use crate::ids::{Day, Instant};
use crate::manifest::{Level, Manifest};
use crate::verdict::{Party, Verdict};

/// How many days ahead are played: a year.
pub const YEAR: i32 = 366;

/// Days played at a time: most ways back are short, and what is not needed is not asked.
const STRETCH: i32 = 32;

/// Numbers up to this are tried one by one.
const ONE_BY_ONE: i64 = 512;

/// More clean orders than this are not tried.
pub const MOST_ORDERS: i64 = 1_000_000;

/// Numbers of orders tried at a time.
const BATCH: usize = 128;

/// Whether a standing of these rules is good or better.
pub fn is_well(manifest: &Manifest, standing: u16) -> bool {
    manifest.standings.get(usize::from(standing)).is_some_and(|s| s.level <= Level::Good)
}

/// The first day after `today`, within [`YEAR`], from which on a standing that is good or better is in force, and that standing, if
/// nothing more happens. `party` is told of as it is after today, in a standing that is neither; on the way the rules are told of
/// each standing that comes into force, as they will be. `play` gives the verdicts of days in a row over such a party.
pub fn first_well_day<E>(
    manifest: &Manifest,
    today: Day,
    mut party: Party,
    start_of: impl Fn(Day) -> Instant,
    mut play: impl FnMut(&[Day], &Party) -> Result<Vec<Verdict>, E>,
) -> Result<Option<(Day, u16)>, E> {
    let (mut next, last) = (today + 1, today + YEAR);
    while next <= last {
        let days: Vec<Day> = (next..=last.min(next + STRETCH - 1)).collect();
        let verdicts = play(&days, &party)?;
        next += days.len() as i32;
        let mut binding = days.into_iter().zip(verdicts).filter(|(day, _)| manifest.cadence.binds_on(*day));
        if let Some((day, verdict)) = binding.find(|(_, verdict)| party.standing != Some(verdict.standing)) {
            if is_well(manifest, verdict.standing) {
                return Ok(Some((day, verdict.standing)));
            }
            (party.standing, party.standing_since, next) = (Some(verdict.standing), start_of(day), day + 1);
        }
    }
    Ok(None)
}

/// A number of clean orders that is enough where one fewer is not, and the fewest if it is at most 512; `None` where up to
/// [`MOST_ORDERS`] are not enough. None at all is known not to be. Rules need not get better with every order: above 512 steps of one
/// in 64 are tried, and a stretch of numbers that are enough is passed over where it is shorter than such a step. `enough` answers for
/// several numbers at once, in their order.
pub fn fewest_orders<E>(mut enough: impl FnMut(&[i64]) -> Result<Vec<bool>, E>) -> Result<Option<i64>, E> {
    let step = |n: &i64| Some(n + if *n < ONE_BY_ONE { 1 } else { n / 64 });
    let steps = std::iter::successors(Some(1), step).take_while(|n| *n < MOST_ORDERS);
    let tried: Vec<i64> = steps.chain([MOST_ORDERS]).collect();
    let mut short = 0;
    for batch in tried.chunks(BATCH) {
        let answers = enough(batch)?;
        let Some(first) = answers.iter().position(|enough| *enough) else {
            short = batch.last().copied().unwrap_or(short);
            continue;
        };
        let mut found = batch[first];
        short = first.checked_sub(1).map_or(short, |before| batch[before]);
        while found - short > 1 {
            let middle = i64::midpoint(short, found);
            if enough(&[middle])?.contains(&true) { found = middle } else { short = middle }
        }
        return Ok(Some(found));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::manifest::{Cadence, StandingKind};

    const TODAY: Day = 18_300;

    fn manifest(cadence: Cadence) -> Manifest {
        let levels = [Level::Excellent, Level::Good, Level::AtRisk, Level::Restricted];
        Manifest {
            marketplace: "m".into(),
            name: "m".into(),
            version: "1.0.0".into(),
            counters: Vec::new(),
            quotas: Vec::new(),
            metrics: Vec::new(),
            standings: levels.map(|level| StandingKind { code: level.word().into(), level }).to_vec(),
            exclusions: Vec::new(),
            causes: Vec::new(),
            reasons: Vec::new(),
            return_reasons: Vec::new(),
            contact_reasons: Vec::new(),
            policies: Vec::new(),
            badges: Vec::new(),
            settings: Vec::new(),
            cadence,
            wording: Vec::new(),
        }
    }

    fn verdict(standing: u16) -> Verdict {
        Verdict { standing, score: 0, proposals: Vec::new(), reasons: Vec::new(), revisit: None }
    }

    fn party() -> Party {
        Party { joined: 0, standing: Some(3), standing_since: 0, badges: Vec::new(), reinstated: None }
    }

    fn cadences() -> impl Strategy<Value = Cadence> {
        prop_oneof![Just(Cadence::Continuous), (1u8..29).prop_map(Cadence::Monthly), (0u8..7).prop_map(Cadence::Weekly),]
    }

    proptest! {
        /// Rules that lift a merchant by one step only, and hold it where it is for a while: what they say depends on what they said.
        #[test]
        fn the_day_is_the_first_on_which_playing_day_by_day_says_so(
            cadence in cadences(),
            wanted in prop::collection::vec(0u16..4, 1..500),
            patience in 0i64..40,
        ) {
            let manifest = manifest(cadence);
            let says = |day: Day, party: &Party| {
                let wanted = wanted.get((day - TODAY) as usize).copied().unwrap_or(3);
                let held = i64::from(day) - party.standing_since < patience;
                let now = party.standing.unwrap_or(3);
                if held { now } else { wanted.max(now.saturating_sub(1)) }
            };
            let start_of = |day: Day| i64::from(day);
            let found = first_well_day(&manifest, TODAY, party(), start_of, |days, party| {
                Ok::<_, Infallible>(days.iter().map(|d| verdict(says(*d, party))).collect())
            });

            let mut now = party();
            let by_the_day = (TODAY + 1..=TODAY + YEAR).filter(|day| cadence.binds_on(*day)).find_map(|day| {
                let standing = says(day, &now);
                if now.standing != Some(standing) {
                    (now.standing, now.standing_since) = (Some(standing), start_of(day));
                }
                (standing < 2).then_some((day, standing))
            });
            prop_assert_eq!(found, Ok(by_the_day));
        }

        #[test]
        fn the_fewest_orders_are_found_wherever_they_begin(least in prop_oneof![1i64..600, 1i64..MOST_ORDERS + 10]) {
            let found = fewest_orders(|numbers| Ok::<_, Infallible>(numbers.iter().map(|n| *n >= least).collect()));
            prop_assert_eq!(found, Ok(Some(least).filter(|n| *n <= MOST_ORDERS)));
        }

        /// Volume may first make a bad rate count: what is enough need not stay enough.
        #[test]
        fn small_numbers_are_the_fewest_whatever_the_rules(enough in prop::collection::btree_set(1i64..2_000, 0..40)) {
            let found = fewest_orders(|numbers| Ok::<_, Infallible>(numbers.iter().map(|n| enough.contains(n)).collect())).unwrap();
            if let Some(first) = enough.first().filter(|n| **n <= ONE_BY_ONE) {
                prop_assert_eq!(found, Some(*first));
            }
            if let Some(found) = found {
                prop_assert!(enough.contains(&found) && !enough.contains(&(found - 1)));
            }
        }
    }
}

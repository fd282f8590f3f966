//! Where a roll-out stops by itself: how many merchants may be judged otherwise than before, as the operator set it, held against
//! how the same merchants are judged under the old and the new rules.

use serde::{Deserialize, Serialize};

/// Least and greatest share of merchants, 0 to 1; an end that is not set does not bind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Less than this, once everybody has been judged, is outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// More than this is outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// What an operator allows a roll-out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Merchants with a metric breached that was not before.
    #[serde(default)]
    pub new_breaches: Bounds,
    /// Merchants over whom the new rules fail and the old do not.
    #[serde(default)]
    pub faults: Bounds,
    /// Merchants with another standing.
    #[serde(default)]
    pub standing_changes: Bounds,
    /// Merchants judged under both before any share is looked at; everybody, where there are fewer.
    #[serde(default = "few")]
    pub merchants: u32,
}

/// Merchants to judge before any share is looked at, where an operator says nothing: a share of fewer moves by more than a
/// twentieth with each.
pub const FEW: u32 = 20;

const fn few() -> u32 {
    FEW
}

/// How a generation judges beside the one in force, added up over merchants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Merchants judged under both, whether that went well or not.
    pub merchants: u64,
    /// Those whose standing and proposals are the same.
    pub agreeing: u64,
    /// Those who would stand on a better level.
    pub better: u64,
    /// Those who would stand on a worse level.
    pub worse: u64,
    /// Those with another standing on the same level.
    pub sideways: u64,
    /// Those with a breach that is new.
    pub new_breaches: u64,
    /// Those with a proposal that is new.
    pub new_proposals: u64,
    /// Those with a proposal that has vanished.
    pub vanished_proposals: u64,
    /// Those over whom it failed, or over something of theirs.
    pub faults: u64,
    /// The same of the one in force.
    pub base_faults: u64,
    /// Those over whom it failed, or over something of theirs, and the one in force did not.
    pub new_faults: u64,
    /// Fuel it used.
    pub fuel: u64,
    /// Fuel the one in force used.
    pub base_fuel: u64,
}

impl Band {
    /// Names the field that cannot be: an end outside 0 to 1, or a lower end above the upper.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        for (name, bounds) in
            [("new_breaches", self.new_breaches), ("faults", self.faults), ("standing_changes", self.standing_changes)]
        {
            let ends = [bounds.min, bounds.max];
            if ends.iter().flatten().any(|end| !(0.0..=1.0).contains(end)) {
                return Err((name, "must lie between 0 and 1"));
            }
            if bounds.min.unwrap_or(0.0) > bounds.max.unwrap_or(1.0) {
                return Err((name, "has a `min` above its `max`"));
            }
        }
        Ok(())
    }

    /// Whether a lower end is set, for which it must be known how many merchants there are.
    pub fn has_floor(&self) -> bool {
        [self.new_breaches, self.faults, self.standing_changes].iter().any(|b| b.min.is_some())
    }

    /// What is outside the band, if anything is, in words; `everybody` is how many merchants there are to judge.
    pub fn left(&self, seen: &Compared, everybody: u64) -> Option<String> {
        if seen.merchants == 0 || seen.merchants < u64::from(self.merchants).min(everybody) {
            return None;
        }
        let changes = seen.better + seen.worse + seen.sideways;
        [
            ("new breaches", seen.new_breaches, self.new_breaches),
            ("new faults", seen.new_faults, self.faults),
            ("standing changes", changes, self.standing_changes),
        ]
        .into_iter()
        .find_map(|(what, count, bounds)| {
            let share = count as f64 / seen.merchants as f64;
            let bound = match bounds {
                Bounds { max: Some(max), .. } if share > max => format!("more than {max}"),
                Bounds { min: Some(min), .. } if share < min && seen.merchants >= everybody => format!("less than {min}"),
                _ => return None,
            };
            Some(format!("{what}: {count} of {} merchants, which is {bound}", seen.merchants))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: Band = Band {
        new_breaches: Bounds { min: None, max: Some(0.02) },
        faults: Bounds { min: None, max: Some(0.0) },
        standing_changes: Bounds { min: Some(0.01), max: Some(0.05) },
        merchants: 20,
    };

    fn seen(merchants: u64, worse: u64) -> Compared {
        Compared { merchants, worse, ..Compared::default() }
    }

    #[test]
    fn the_upper_end_is_allowed_and_the_next_merchant_is_not() {
        assert_eq!(BAND.left(&seen(100, 5), 1_000), None);
        let left = BAND.left(&seen(100, 6), 1_000);
        assert_eq!(left.as_deref(), Some("standing changes: 6 of 100 merchants, which is more than 0.05"));
        let fault = Compared { new_faults: 1, ..seen(100, 2) };
        assert!(BAND.left(&fault, 1_000).is_some_and(|why| why.starts_with("new faults: 1 of 100")));
    }

    #[test]
    fn few_merchants_say_nothing_unless_they_are_all() {
        assert_eq!(BAND.left(&seen(19, 19), 1_000), None);
        assert!(BAND.left(&seen(20, 19), 1_000).is_some());
        assert!(BAND.left(&seen(3, 3), 3).is_some());
        assert_eq!(BAND.left(&Compared::default(), 0), None);
    }

    #[test]
    fn the_lower_end_binds_when_everybody_was_judged() {
        assert_eq!(BAND.left(&seen(100, 0), 101), None);
        assert!(BAND.left(&seen(100, 0), 100).is_some_and(|why| why.ends_with("less than 0.01")));
        assert_eq!(BAND.left(&seen(100, 1), 100), None);
    }

    #[test]
    fn impossible_ends_are_named() {
        let with = |standing_changes| Band { standing_changes, ..BAND }.check();
        assert_eq!(BAND.check(), Ok(()));
        for (min, max) in [(None, Some(1.1)), (Some(-0.1), None), (Some(0.3), Some(0.2)), (None, Some(f64::NAN))] {
            assert_eq!(with(Bounds { min, max }).unwrap_err().0, "standing_changes");
        }
    }
}

//! The steps of a walk through time: the moments asked about, and the binding days before them on which a standing was decided.

use std::collections::BTreeSet;

use andon_domain::calendar::Calendar;
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::Cadence;

/// One stop on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at: Instant,
    pub(super) today: Day,
    /// Which of the moments asked about this is.
    pub(super) asked: Option<usize>,
    /// Whether verdicts of the one, and of the other, bind here for moments to come.
    pub(super) binds: [bool; 2],
}

/// All stops, by time.
pub(super) fn steps(moments: &[Instant], calendar: Calendar, cadences: [Cadence; 2]) -> Vec<Step> {
    let bound = cadences.map(|cadence| -> BTreeSet<Instant> {
        let of = |at: &Instant| calendar.start_of(cadence.last_binding(calendar.day_of(*at)));
        if cadence == Cadence::Continuous { BTreeSet::new() } else { moments.iter().map(of).collect() }
    });
    let all: BTreeSet<Instant> = bound.iter().flatten().chain(moments).copied().collect();
    let step = |at: Instant| Step {
        at,
        today: calendar.day_of(at),
        asked: moments.binary_search(&at).ok(),
        binds: [0, 1].map(|side: usize| bound[side].contains(&at)),
    };
    all.into_iter().map(step).collect()
}

/// The first step that knows of what happens at `at`; none where it happens after the last.
pub(super) fn first_from(steps: &[Step], at: Instant) -> Option<usize> {
    let place = steps.partition_point(|step| step.at < at);
    (place < steps.len()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Instant = 86_400_000;

    #[test]
    fn binding_days_are_stops_too_but_nobody_asked_about_them() {
        // Days 31 and 32 are the 1st and 2nd of February 1970; one side binds on the 1st of a month, the other always.
        let moments = [30 * DAY + 5, 31 * DAY, 32 * DAY];
        let steps = steps(&moments, Calendar::utc(), [Cadence::Continuous, Cadence::Monthly(1)]);
        let seen: Vec<_> = steps.iter().map(|s| (s.at, s.today, s.asked, s.binds[1])).collect();
        let [first, second] = [0, 31 * DAY];
        assert_eq!(
            seen,
            [
                (first, 0, None, true),
                (30 * DAY + 5, 30, Some(0), false),
                (second, 31, Some(1), true),
                (32 * DAY, 32, Some(2), false)
            ]
        );
        assert!(steps.iter().all(|s| !s.binds[0]));
        assert_eq!(
            [-1, 0, 1, 32 * DAY, 32 * DAY + 1].map(|at| first_from(&steps, at)),
            [Some(0), Some(0), Some(1), Some(3), None]
        );
    }
}

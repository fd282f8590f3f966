//! The way back: when each metric is well again if nothing more goes wrong, and how many clean orders would do it today.
//! Both ask the same [`Books`] that judge, so what is promised here is what will be read then.

use crate::ids::Day;
use crate::manifest::{Compare, Formula, Metric};
use crate::reading::{Books, Status, next_flip};
use crate::tally::Slot;

/// How far ahead [`recovery`] looks, in days: the longest window admitted, twelve months, and as much again.
pub const HORIZON: i32 = 800;

/// More clean orders than this are no advice to anybody.
const MOST_ORDERS: i64 = 1 << 40;

/// What would bring one metric back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// First day, today included, on which it is not breached, if there is one within [`HORIZON`].
    pub unbreached: Option<Day>,
    /// First day, today included, on which it is good or insufficient.
    pub recovered: Option<Day>,
    /// Days on which defects leave the window for good, and how much, in order, within [`HORIZON`].
    pub leaving: Vec<(Day, i64)>,
    /// Fewest clean orders that would make it good today, 0 where it is good or insufficient; `None` if no number of them can.
    pub clean_orders: Option<i64>,
}

/// The way back for one metric from `today` on, if no event came any more.
pub fn recovery(books: Books<'_>, metric: &Metric, today: Day) -> Recovery {
    let mut found = Recovery {
        unbreached: None,
        recovered: None,
        leaving: leaving(books, metric, today),
        clean_orders: clean_orders(books, metric, today),
    };
    let mut day = Some(today);
    while let Some(now) = day.filter(|d| *d <= today.saturating_add(HORIZON)) {
        let status = books.status(metric, now);
        if status != Status::Breached {
            found.unbreached.get_or_insert(now);
        }
        if !ill(status) {
            found.recovered = Some(now);
            break;
        }
        day = next_flip(metric, books.sheet, now);
    }
    found
}

/// Whether there is anything to recover from.
pub fn ill(status: Status) -> bool {
    matches!(status, Status::Breached | Status::AtRisk)
}

/// Whether more is worse.
fn lower_is_better(metric: &Metric) -> bool {
    metric.limit.is_none_or(|l| matches!(l.compare, Compare::Less | Compare::AtMost))
}

/// Counters whose marks pull the metric away from its target, each once: the evidence where one is declared, else what the
/// formula itself holds against the merchant. A rate of successes without evidence has none.
fn defects(metric: &Metric) -> Vec<u16> {
    let lower = lower_is_better(metric);
    match &metric.formula {
        _ if metric.evidence.is_some() => metric.evidence.into_iter().collect(),
        Formula::Ratio { numerator: counter, .. } | Formula::Sum(counter) => lower.then_some(*counter).into_iter().collect(),
        Formula::Points { terms, .. } => {
            once(terms.iter().filter(|t| (t.points > 0) == lower && t.points != 0).map(|t| t.counter))
        }
        Formula::Mean { .. } => Vec::new(),
    }
}

fn once(counters: impl Iterator<Item = u16>) -> Vec<u16> {
    counters.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn leaving(books: Books<'_>, metric: &Metric, today: Day) -> Vec<(Day, i64)> {
    let counters = defects(metric);
    let read_from = |day: Day| metric.cadence.map_or(day, |cadence| cadence.binding_from(day));
    let leaves = |marked: Day| {
        let today = metric.read_on(today);
        let ahead = marked > metric.window.on(today).to;
        let inside = if ahead { read_from(metric.window.next_change(marked, today)?) } else { today };
        let span = metric.window.on(inside);
        let day = read_from(metric.window.next_change(marked, inside).filter(|_| span.holds(marked))?);
        // A year that is kept takes its marks along, and without further ones will go on being kept.
        (!books.span(metric, day).holds(marked)).then_some(day)
    };
    let cells = counters.iter().flat_map(|c| books.sheet.cells(Slot::counted(*c)));
    let mut all: Vec<(Day, i64)> =
        cells.filter_map(|(marked, sum)| Some((leaves(marked)?, sum))).filter(|l| l.0 <= today.saturating_add(HORIZON)).collect();
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    all
}

/// What one clean order adds to, and how much: what a rate is over, besides its successes where it is a rate of successes; the
/// best mark to a mean; and each counter that only ever earns points.
fn clean_order(metric: &Metric) -> Vec<(u16, i64)> {
    let lower = lower_is_better(metric);
    match &metric.formula {
        Formula::Ratio { denominator, .. } if lower => vec![(*denominator, 1)],
        Formula::Ratio { numerator, denominator } => vec![(*numerator, 1), (*denominator, 1)],
        Formula::Mean { sum, number, best } => vec![(*sum, i64::from(*best)), (*number, 1)],
        Formula::Sum(_) => Vec::new(),
        Formula::Points { terms, .. } => {
            let harmful = |counter| terms.iter().any(|t| t.counter == counter && (t.points > 0) == lower);
            once(terms.iter().map(|t| t.counter).filter(|c| !harmful(*c))).into_iter().map(|c| (c, 1)).collect()
        }
    }
}

/// What one clean order adds to which counters, all metrics taken together; nothing to a counter whose marks any metric holds
/// against the merchant.
pub fn of_clean_order(metrics: &[Metric]) -> Vec<(u16, i64)> {
    let mut most = std::collections::BTreeMap::new();
    for (counter, amount) in metrics.iter().flat_map(clean_order) {
        let known = most.entry(counter).or_insert(amount);
        *known = amount.max(*known);
    }
    for counter in metrics.iter().flat_map(defects) {
        most.remove(&counter);
    }
    most.into_iter().collect()
}

fn clean_orders(books: Books<'_>, metric: &Metric, today: Day) -> Option<i64> {
    let adds_to = clean_order(metric);
    let still_ill = |orders: i64| {
        let extra: Vec<_> =
            books.extra.iter().copied().chain(adds_to.iter().map(|(c, n)| (*c, n.saturating_mul(orders)))).collect();
        ill(Books { extra: &extra, ..books }.status(metric, today))
    };
    if !still_ill(0) {
        return Some(0);
    }
    if adds_to.is_empty() || still_ill(MOST_ORDERS) {
        return None;
    }
    // Each clean order moves the value towards the target or leaves it, so the first that is enough can be bisected.
    let (mut short, mut enough) = (0, MOST_ORDERS);
    while enough - short > 1 {
        let middle = i64::midpoint(short, enough);
        if still_ill(middle) { short = middle } else { enough = middle }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::{Cadence, Counter, CounterKind, Limit, Term, Window};
    use crate::tally::Sheet;

    const TODAY: Day = 18_300;

    fn counters() -> Vec<Counter> {
        let counter = |code: &str| Counter {
            code: code.into(),
            kind: CounterKind::Defect,
            by_listing: false,
            by_buyer: false,
            quota: None,
        };
        vec![counter("orders"), counter("defects"), counter("gains")]
    }

    fn metric(formula: Formula, window: Window, compare: Compare, target: f64, warn: f64) -> Metric {
        Metric {
            code: "m".into(),
            formula,
            window,
            limit: Some(Limit { compare, target, warn }),
            evidence: None,
            min_denominator: 10,
            min_numerator: 2,
            min_buyers: 0,
            cadence: None,
        }
    }

    fn rate(compare: Compare, target: f64) -> Metric {
        let window = Window::Rolling { days: 60, lag_days: 15 };
        metric(Formula::Ratio { numerator: 1, denominator: 0 }, window, compare, target, target)
    }

    fn orders_for(metric: &Metric, orders: i64, counted: i64) -> Option<i64> {
        let sheet = Sheet::new([(TODAY - 20, Slot::counted(0), orders), (TODAY - 20, Slot::counted(1), counted)]);
        let books = Books { counters: &counters(), sheet: &sheet, buyers: &[], extra: &[] };
        recovery(books, metric, TODAY).clean_orders
    }

    #[test]
    fn clean_orders_on_both_sides_of_a_bound() {
        // 7 of 700 is exactly 1 %: enough where at most is asked, one short where less is.
        assert_eq!(orders_for(&rate(Compare::AtMost, 0.01), 170, 7), Some(530));
        assert_eq!(orders_for(&rate(Compare::Less, 0.01), 170, 7), Some(531));
        // 90 of 120 to (90 + 180) of (120 + 180), which is 90 %.
        assert_eq!(orders_for(&rate(Compare::AtLeast, 0.9), 120, 90), Some(180));
        assert_eq!(orders_for(&rate(Compare::Greater, 0.9), 120, 90), Some(181));
        assert_eq!(orders_for(&rate(Compare::Less, 0.01), 1000, 7), Some(0));
        assert_eq!(orders_for(&rate(Compare::AtMost, 0.0), 170, 7), None);
        assert_eq!(orders_for(&rate(Compare::AtLeast, 1.0), 120, 90), None);
    }

    #[test]
    fn defects_leave_on_the_day_their_window_does() {
        let sheet = Sheet::new([(0, 90), (20, 3), (5, 4)].map(|(ago, n)| (TODAY - ago, Slot::counted(u16::from(n < 10)), n)));
        let books = Books { counters: &counters(), sheet: &sheet, buyers: &[], extra: &[] };
        let found = recovery(books, &rate(Compare::Less, 0.01), TODAY);
        // No order is inside yet, so nothing is judged; the defects of day -5 are still to come, and to go.
        assert_eq!((found.unbreached, found.recovered), (Some(TODAY), Some(TODAY)));
        assert_eq!(found.leaving, [(TODAY + 55, 3), (TODAY + 70, 4)]);
    }

    #[test]
    fn sums_and_points() {
        let sum = metric(Formula::Sum(1), Window::Lifetime, Compare::AtMost, 2.0, 2.0);
        assert_eq!(orders_for(&Metric { min_denominator: 0, ..sum }, 5, 3), None);
        let terms = vec![Term { counter: 0, points: 4, per: 200 }, Term { counter: 1, points: -8, per: 1 }];
        let points = |high| Formula::Points { start: 200, terms: terms.clone(), low: 0, high };
        let rating = |high| metric(points(high), Window::Lifetime, Compare::AtLeast, 200.0, 200.0);
        // Two violations cost 16 points, four times 200 orders earn them; 100 orders are there.
        assert_eq!(orders_for(&Metric { evidence: Some(1), ..rating(1000) }, 100, 2), Some(700));
        assert_eq!(orders_for(&Metric { evidence: Some(1), ..rating(199) }, 100, 2), None);
    }

    #[test]
    fn a_clean_order_adds_to_no_counter_that_counts_against_the_merchant() {
        // Of five claims in a hundred orders two are lost: a clean order is no claim, although claims are what losses are over.
        let claims = rate(Compare::Less, 0.01);
        let losses = Metric { formula: Formula::Ratio { numerator: 2, denominator: 1 }, ..claims.clone() };
        assert_eq!(of_clean_order(&[claims.clone(), losses.clone()]), [(0, 1)]);
        assert_eq!(of_clean_order(&[losses]), [(1, 1)]);
        let stars = Metric { formula: Formula::Mean { sum: 2, number: 0, best: 5 }, ..rate(Compare::AtLeast, 4.0) };
        assert_eq!(of_clean_order(&[stars, claims]), [(0, 1), (2, 5)]);
    }

    #[test]
    fn a_clean_order_adds_the_best_mark_to_a_mean() {
        let mean = |compare, target, best| {
            let window = Window::Rolling { days: 60, lag_days: 15 };
            Metric { min_numerator: 0, ..metric(Formula::Mean { sum: 1, number: 0, best }, window, compare, target, target) }
        };
        // 80 stars of 20 ratings are 4.0; 20 more with five each make 180 of 40, 4.5.
        assert_eq!(orders_for(&mean(Compare::AtLeast, 4.5, 5), 20, 80), Some(20));
        assert_eq!(orders_for(&mean(Compare::AtLeast, 5.0, 5), 20, 80), None);
        // 600 hours in 20 answers are 30; answered at once, 5 more make 24.
        assert_eq!(orders_for(&mean(Compare::AtMost, 24.0, 0), 20, 600), Some(5));
        assert_eq!(orders_for(&mean(Compare::Less, 24.0, 0), 20, 600), Some(6));
    }

    fn formulas() -> impl Strategy<Value = Formula> {
        let term = (0u16..3, -9i32..9, 1u32..4).prop_map(|(counter, points, per)| Term { counter, points, per });
        prop_oneof![
            Just(Formula::Ratio { numerator: 1, denominator: 0 }),
            (0u32..6).prop_map(|best| Formula::Mean { sum: 1, number: 0, best }),
            Just(Formula::Sum(1)),
            prop::collection::vec(term, 1..4).prop_map(|terms| Formula::Points { start: 50, terms, low: 0, high: 100 }),
        ]
    }

    fn metrics() -> impl Strategy<Value = Metric> {
        let windows = prop_oneof![
            (1u16..90, 0u16..20).prop_map(|(days, lag_days)| Window::Rolling { days, lag_days }),
            (1u8..13, 1u8..29).prop_map(|(count, first_day)| Window::Months { count, first_day }),
            Just(Window::QuarterToDate),
            prop::option::of(0u32..12).prop_map(|kept_from| Window::YearToDate { kept_from }),
            Just(Window::Lifetime),
        ];
        let compare = prop::sample::select(Compare::ALL.iter().map(|c| c.0).collect::<Vec<_>>());
        let cadences = prop::option::of(prop_oneof![(1u8..29).prop_map(Cadence::Monthly), (0u8..7).prop_map(Cadence::Weekly)]);
        (formulas(), windows, compare, 0i32..20, 0i32..4, cadences).prop_map(
            |(formula, window, compare, target, margin, cadence)| {
                let scale = if matches!(formula, Formula::Ratio { .. }) { 20.0 } else { 1.0 };
                let lower = matches!(compare, Compare::Less | Compare::AtMost);
                let warn = f64::from(if lower { target - margin } else { target + margin }) / scale;
                Metric { cadence, ..metric(formula, window, compare, f64::from(target) / scale, warn) }
            },
        )
    }

    proptest! {
        #[test]
        fn equals_a_look_at_every_day_and_every_number(
            metric in metrics(),
            cells in prop::collection::vec((-400i32..30, 0u16..3, 1i64..9), 0..30),
        ) {
            // Defects are orders too, as rates have it.
            let also_orders = cells.iter().filter(|c| c.1 == 1).map(|c| (TODAY + c.0, Slot::counted(0), c.2));
            let sheet = Sheet::new(cells.iter().map(|c| (TODAY + c.0, Slot::counted(c.1), c.2)).chain(also_orders));
            let counters = counters();
            let books = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] };
            let found = recovery(books, &metric, TODAY);
            let first = |wanted: fn(Status) -> bool| (TODAY..=TODAY + HORIZON).find(|d| wanted(books.read(&metric, None, *d).status));
            prop_assert_eq!(found.unbreached, first(|s| s != Status::Breached));
            prop_assert_eq!(found.recovered, first(|s| matches!(s, Status::Good | Status::Insufficient)));

            let inside = |marked: Day, day: Day| books.span(&metric, day).holds(marked);
            let mut leaving = std::collections::BTreeMap::new();
            for cell in defects(&metric).iter().flat_map(|c| sheet.cells(Slot::counted(*c))) {
                if let Some(day) = (TODAY + 1..=TODAY + HORIZON).find(|d| inside(cell.0, *d - 1) && !inside(cell.0, *d)) {
                    *leaving.entry(day).or_insert(0) += cell.1;
                }
            }
            prop_assert_eq!(found.leaving, leaving.into_iter().collect::<Vec<_>>());

            let adds_to = clean_order(&metric);
            let ends = |orders: i64| {
                let extra: Vec<_> = adds_to.iter().map(|(c, n)| (*c, n * orders)).collect();
                matches!(Books { extra: &extra, ..books }.read(&metric, None, TODAY).status, Status::Good | Status::Insufficient)
            };
            prop_assert_eq!(found.clean_orders, (0..6000).find(|n| ends(*n)));
        }
    }
}

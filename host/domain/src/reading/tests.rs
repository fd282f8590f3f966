//! Statuses on both sides of each bound, and the days on which a reading changes against a look at every day.

use proptest::prelude::*;

use super::*;
use crate::calendar::day_of_date;
use crate::manifest::{Compare, CounterKind, Limit, Term};

fn odr(min_numerator: u32, min_buyers: u32) -> Metric {
    Metric {
        code: "odr".into(),
        formula: Formula::Ratio { numerator: 1, denominator: 0 },
        window: Window::Rolling { days: 60, lag_days: 15 },
        limit: Some(Limit { compare: Compare::Less, target: 0.01, warn: 0.008 }),
        evidence: None,
        min_denominator: 20,
        min_numerator,
        min_buyers,
        cadence: None,
    }
}

fn counters() -> Vec<Counter> {
    let counter = |code: &str, kind, by_buyer| Counter { code: code.into(), kind, by_listing: false, by_buyer, quota: None };
    vec![counter("orders", CounterKind::Volume, false), counter("defective", CounterKind::Defect, true)]
}

fn status(orders: i64, defects: i64, buyers: u64, metric: &Metric) -> Status {
    let sheet = Sheet::new([(100, Slot::counted(0), orders), (100, Slot::counted(1), defects), (100, Slot::excluded(1), 1)]);
    let marks: Vec<_> = (0..defects).map(|i| BuyerMark { counter: 1, day: 100, buyer: i as u64 % buyers.max(1) }).collect();
    let counters = counters();
    Books { counters: &counters, sheet: &sheet, buyers: &marks, extra: &[] }.read(metric, None, 120).status
}

#[test]
fn statuses_on_both_sides_of_each_bound() {
    for (orders, defects, expected) in [
        (1000, 7, Status::Good),
        (1000, 8, Status::AtRisk),
        (1000, 9, Status::AtRisk),
        (1000, 10, Status::Breached),
        (20, 0, Status::Good),
        (19, 0, Status::Insufficient),
        (19, 19, Status::Insufficient),
        (0, 0, Status::Insufficient),
    ] {
        assert_eq!(status(orders, defects, 99, &odr(0, 0)), expected, "{defects} of {orders}");
    }
}

#[test]
fn floors_bind_a_miss_only() {
    assert_eq!(status(100, 4, 4, &odr(5, 0)), Status::Insufficient);
    assert_eq!(status(100, 5, 4, &odr(5, 5)), Status::Insufficient);
    assert_eq!(status(100, 5, 5, &odr(5, 5)), Status::Breached);
    assert_eq!(status(100, 0, 0, &odr(5, 5)), Status::Good);
}

#[test]
fn exclusions_are_shown_and_not_counted() {
    let sheet = Sheet::new([(100, Slot::counted(0), 170), (100, Slot::counted(1), 7), (100, Slot::excluded(1), 1)]);
    let counters = counters();
    let reading = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] }.read(&odr(0, 0), None, 120);
    assert_eq!((reading.numerator, reading.denominator, reading.excluded_numerator), (7, 170, 1));
    assert!((reading.value - 7.0 / 170.0).abs() < 1e-15 && (reading.value_with_excluded - 8.0 / 170.0).abs() < 1e-15);
}

#[test]
fn a_row_of_breaches_is_counted_back_by_day() {
    let sheet = Sheet::new([(100, Slot::counted(0), 100), (103, Slot::counted(1), 5)]);
    let counters = counters();
    let books = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] };
    let metric = Metric { min_buyers: 0, ..odr(0, 0) };
    // Day 103 enters the window (lag 15) on day 118.
    assert_eq!(books.streak(&metric, Cadence::Continuous, 117), 0);
    assert_eq!(books.streak(&metric, Cadence::Continuous, 118), 1);
    assert_eq!(books.streak(&metric, Cadence::Continuous, 121), 4);
    assert_eq!(next_change(&[metric], &sheet, 117), Some(118));
}

#[test]
fn a_mean_is_no_share_and_has_no_interval() {
    let mean = Metric { formula: Formula::Mean { sum: 1, number: 0, best: 5 }, limit: None, min_denominator: 20, ..odr(0, 0) };
    let counters = counters();
    let read = |number, sum| {
        let sheet = Sheet::new([(100, Slot::counted(0), number), (100, Slot::counted(1), sum), (100, Slot::excluded(1), 5)]);
        let books = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] };
        books.read(&mean, Some(&sheet), 120)
    };
    let reading = read(20, 90);
    assert_eq!((reading.numerator, reading.denominator, reading.status), (90, 20, Status::Good));
    let figures = [reading.value, reading.lower, reading.upper, reading.value_with_excluded, reading.peers.unwrap()];
    assert_eq!(figures.map(|f| f.to_string()), ["4.5", "4.5", "4.5", "4.75", "4.5"]);
    assert_eq!(read(19, 90).status, Status::Insufficient);
    assert_eq!((read(0, 0).status, read(0, 0).value.to_string()), (Status::Insufficient, "0".into()));
}

#[test]
fn points_are_held_between_low_and_high() {
    let metric = Metric {
        formula: Formula::Points {
            start: 200,
            terms: vec![Term { counter: 0, points: 4, per: 200 }, Term { counter: 1, points: -8, per: 1 }],
            low: 0,
            high: 1000,
        },
        min_denominator: 0,
        ..odr(0, 0)
    };
    let counters = counters();
    for (orders, violations, expected) in [(199, 0, 200.0), (200, 0, 204.0), (400, 1, 200.0), (0, 30, 0.0), (100_000, 0, 1000.0)]
    {
        let sheet = Sheet::new([(100, Slot::counted(0), orders), (100, Slot::counted(1), violations)]);
        let reading = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] }.read(&metric, None, 120);
        assert!((reading.value - expected).abs() < 1e-9, "{orders} {violations}: {}", reading.value);
    }
}
#[test]
fn additions_count_in_every_window_and_as_buyers() {
    let sheet = Sheet::new([(100, Slot::counted(0), 95), (100, Slot::counted(1), 4)]);
    let marks: Vec<_> = (0..4).map(|buyer| BuyerMark { counter: 1, day: 100, buyer }).collect();
    let counters = counters();
    let books = Books { counters: &counters, sheet: &sheet, buyers: &marks, extra: &[(1, 1), (0, 3), (0, 2)] };
    for today in [120, 900] {
        let (reading, past) = (books.read(&odr(5, 5), None, today), today == 900);
        let expected = if past { (1, 5, 1, Status::Insufficient) } else { (5, 100, 5, Status::Breached) };
        assert_eq!((reading.numerator, reading.denominator, reading.buyers, reading.status), expected);
    }
}

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        (1u16..90, 0u16..20).prop_map(|(days, lag_days)| Window::Rolling { days, lag_days }),
        (1u8..13, 1u8..29).prop_map(|(count, first_day)| Window::Months { count, first_day }),
        Just(Window::QuarterToDate),
        Just(Window::YearToDate { kept_from: None }),
        Just(Window::Lifetime),
    ]
}

fn cadences() -> impl Strategy<Value = Cadence> {
    prop_oneof![Just(Cadence::Continuous), (1u8..29).prop_map(Cadence::Monthly), (0u8..7).prop_map(Cadence::Weekly)]
}

fn formulas() -> impl Strategy<Value = Formula> {
    prop_oneof![
        Just(Formula::Ratio { numerator: 1, denominator: 0 }),
        Just(Formula::Mean { sum: 1, number: 0, best: 5 }),
        Just(Formula::Sum(1)),
        Just(Formula::Points { start: 9, terms: vec![Term { counter: 1, points: 1, per: 2 }], low: 0, high: 99 }),
    ]
}

#[test]
fn a_year_is_left_behind_unless_its_sum_is_kept() {
    let day = |year, month, day| day_of_date(chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap());
    let counters = counters();
    let points = |marks: &[(Day, i64)], today| {
        let sheet = Sheet::new(marks.iter().map(|(day, points)| (*day, Slot::counted(1), *points)));
        let window = Window::YearToDate { kept_from: Some(48) };
        let metric = Metric { formula: Formula::Sum(1), window, limit: None, min_denominator: 0, ..odr(0, 0) };
        let reading = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] }.read(&metric, None, today);
        (reading.numerator, reading.from)
    };
    let (last_day, new_year) = (day(2024, 12, 31), day(2025, 1, 1));
    assert_eq!(points(&[(day(2024, 1, 1), 40), (last_day, 7)], last_day), (47, day(2024, 1, 1)));
    assert_eq!(points(&[(day(2024, 1, 1), 40), (last_day, 7)], new_year), (0, new_year));
    assert_eq!(points(&[(day(2024, 1, 1), 40), (last_day, 8)], new_year), (48, day(2024, 1, 1)));
    // What was kept is added to, and kept again; what lapsed before it is gone.
    let long = [(day(2022, 5, 1), 47), (day(2023, 5, 1), 48), (day(2025, 5, 1), 2)];
    assert_eq!(points(&long, day(2026, 5, 1)), (50, day(2023, 1, 1)));
    // Overturned by half, it lapses with the year it was given in.
    assert_eq!(points(&[(day(2023, 5, 1), 24), (day(2025, 5, 1), 2)], day(2025, 5, 1)), (2, new_year));
    assert_eq!(points(&[], new_year), (0, new_year));
}

proptest! {
    #[test]
    fn next_change_is_the_first_day_any_mark_enters_or_leaves(
        windows in prop::collection::vec(windows(), 1..4),
        cells in prop::collection::vec((18_000i32..18_300, 0u16..2, any::<bool>()), 0..12),
        today in 17_900i32..18_700,
    ) {
        let metrics: Vec<_> = windows.into_iter().map(|window| Metric { window, ..odr(0, 0) }).collect();
        let sheet = Sheet::new(cells.iter().map(|&(day, counter, excluded)| (day, Slot::of(counter, excluded), 1)));
        let held = |metric: &Metric, day: Day| -> Vec<bool> {
            let span = metric.window.on(day);
            cells.iter().map(|c| span.holds(c.0)).collect()
        };
        let plain = (today + 1..today + 900).find(|day| metrics.iter().any(|m| held(m, *day) != held(m, *day - 1)));
        prop_assert_eq!(next_change(&metrics, &sheet, today), plain);
    }

    #[test]
    fn a_metric_with_a_cadence_of_its_own_changes_on_its_days_only(
        window in windows(),
        own in cadences(),
        cells in prop::collection::vec(18_000i32..18_300, 0..12),
        today in 17_900i32..18_700,
    ) {
        let metric = Metric { window, cadence: Some(own), ..odr(0, 0) };
        let sheet = Sheet::new(cells.iter().map(|day| (*day, Slot::counted(1), 1)));
        let counters = counters();
        let books = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] };
        let held = |day: Day| { let span = books.span(&metric, day); cells.iter().map(|c| span.holds(*c)).collect::<Vec<_>>() };
        let next = next_change(std::slice::from_ref(&metric), &sheet, today);
        prop_assert!(next.is_none_or(|day| day > today && own.binds_on(day)));
        prop_assert!((today..next.unwrap_or(today + 900)).all(|day| held(day) == held(today)));
        prop_assert_eq!(held(today), held(own.last_binding(today)));
    }

    #[test]
    fn a_row_grows_on_the_day_said(cadence in cadences(), own in prop::option::of(cadences()), began in 18_000i32..18_040, ago in 0i32..300) {
        let today = began + ago;
        // Breached from `began` on, for good.
        let sheet = Sheet::new([(began, Slot::counted(0), 50), (began, Slot::counted(1), 50)]);
        let counters = counters();
        let books = Books { counters: &counters, sheet: &sheet, buyers: &[], extra: &[] };
        let metric = Metric { window: Window::Lifetime, cadence: own, ..odr(0, 0) };
        prop_assume!(metric.read_on(today) >= began);
        let row = |day| books.streak(&metric, cadence, day);
        let reading = Reading { breached_in_a_row: row(today), ..books.read(&metric, None, today) };
        let plain = (today + 1..today + 300).find(|day| row(*day) != row(today));
        prop_assert_eq!(next_in_row(std::slice::from_ref(&metric), &[reading], cadence, today), plain);
    }

    #[test]
    fn a_row_is_as_long_as_a_look_at_each_period_says(
        (window, formula) in (prop_oneof![windows(), Just(Window::YearToDate { kept_from: Some(3) })], formulas()),
        (cadence, own) in (cadences(), prop::option::of(cadences())),
        cells in prop::collection::vec((18_000i32..18_400, 0u16..3, 1i64..9), 0..60),
        (evidence, min_numerator, min_buyers) in (prop::option::of(0u16..3), 0u32..3, 0u32..4),
        extra in prop::collection::vec((0u16..3, 1i64..3), 0..2),
        today in 18_000i32..18_500,
    ) {
        let limit = Some(Limit { compare: Compare::Less, target: 4.0, warn: 2.0 });
        let metric = Metric { window, formula, limit, evidence, min_denominator: 1, cadence: own, ..odr(min_numerator, min_buyers) };
        let sheet = Sheet::new(cells.iter().map(|&(day, counter, amount)| (day, Slot::counted(counter), amount)));
        let buyers: Vec<_> = cells.iter().map(|&(day, counter, amount)| BuyerMark { counter, day, buyer: amount as u64 }).collect();
        let counters = counters();
        let books = Books { counters: &counters, sheet: &sheet, buyers: &buyers, extra: &extra };
        let follows = own.unwrap_or(cadence);
        let periods = std::iter::successors(Some(metric.read_on(today)), |day| Some(follows.last_binding(day - 1)));
        let breached = periods.take(usize::from(streak_limit(follows))).take_while(|day| books.status(&metric, *day) == Status::Breached);
        prop_assert_eq!(usize::from(books.streak(&metric, cadence, today)), breached.count());
    }
}

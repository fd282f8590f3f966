//! The table of Amazon's README once more, not by its rules: what every metric must be, given the counts of a plain query.

use std::collections::BTreeMap;

use andon_domain::reading::Status;

use self::MustBe::{AtLeast, AtMost, Below};
use super::oracle::Counts;

/// What the host must say of a metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) numerator: i64,
    pub(super) denominator: i64,
    pub(super) value: f64,
    pub(super) buyers: u32,
    pub(super) status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MustBe {
    Below,
    AtMost,
    AtLeast,
}

/// Code, what the rate must be, target, warning and least volume.
type Rate = (&'static str, MustBe, i64, i64, i64);

/// Targets and warnings in thousandths, so that nothing is rounded. The first are those of [`Counts::rates`], in its order; of
/// what the last two count Olist's files have nothing.
const RATES: [Rate; 8] = [
    ("odr", Below, 10, 8, 20),
    ("late-shipment-rate-10", Below, 40, 30, 10),
    ("late-shipment-rate-30", Below, 40, 30, 20),
    ("cancellation-rate", Below, 25, 20, 10),
    ("on-time-delivery-rate", AtLeast, 900, 950, 10),
    ("valid-tracking-rate", AtLeast, 950, 950, 20),
    ("late-response-rate", AtMost, 100, 100, 10),
    ("return-dissatisfaction-rate", Below, 100, 100, 10),
];

/// Nothing in Olist's files is a violation.
const VIOLATIONS: [&str; 3] = ["policy-violations", "intellectual-property-violations", "restricted-product-violations"];

/// Every metric of a seller, by code.
pub(super) fn wanted(counts: &Counts) -> BTreeMap<&'static str, Wanted> {
    let pairs = counts.rates.into_iter().chain([(0, 0); 2]);
    let mut all: BTreeMap<_, _> =
        RATES.iter().zip(pairs).map(|(rate, pair)| (rate.0, of_rate(*rate, pair, counts.buyers))).collect();
    let nothing = Wanted { numerator: 0, denominator: 0, value: 0.0, buyers: 0, status: Status::Good };
    all.extend(VIOLATIONS.map(|code| (code, nothing)));
    let bonus = 4 * (counts.fulfilled / 200);
    let rating = (200 + bonus).min(1000);
    let status = match rating {
        200.. => Status::Good,
        100..200 => Status::AtRisk,
        _ => Status::Breached,
    };
    all.insert("account-rating", Wanted { numerator: bonus, value: rating as f64, status, ..nothing });
    all
}

fn of_rate((code, must_be, target, warning, least): Rate, (n, d): (i64, i64), buyers: u32) -> Wanted {
    let keeps = |limit: i64| match must_be {
        Below => 1000 * n < limit * d,
        AtMost => 1000 * n <= limit * d,
        AtLeast => 1000 * n >= limit * d,
    };
    // Of what the rate counts: two units late are two, of one order or not.
    let missed = if must_be == AtLeast { d - n } else { n };
    let buyers = if code == "odr" { buyers } else { 0 };
    let too_few = missed < 2 || (code == "odr" && buyers < 2);
    let status = match (keeps(target), keeps(warning)) {
        _ if d < least => Status::Insufficient,
        (true, true) => Status::Good,
        _ if too_few => Status::Insufficient,
        (true, false) => Status::AtRisk,
        (false, _) => Status::Breached,
    };
    let value = if d == 0 { 0.0 } else { n as f64 / d as f64 };
    Wanted { numerator: n, denominator: d, value, buyers, status }
}

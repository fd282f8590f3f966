//! GET amazon-account-health: the seller performance report of Amazon's Selling Partner API, format 2020-11-18.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::ids::Day;
use andon_domain::manifest::{Compare, Limit, Metric};
use andon_domain::reading::Reading;
use andon_domain::tally::Slot;
use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use serde::Serialize;
use utoipa::ToSchema;

use super::amazon_unmeasured::unmeasured;
use super::defects::{About, Defects, behind};
use super::{Figures, holds, offered};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::health::{in_force, play};
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::markets::Market;
use crate::pipeline::play::Play;

/// Rates: member, metric, and the members that hold what it is over and how many count.
const RATES: [(&str, &str, &str, &str); 4] = [
    ("lateShipmentRate", "late-shipment-rate-30", "orderCount", "lateShipmentCount"),
    ("preFulfillmentCancellationRate", "cancellation-rate", "orderCount", "cancellationCount"),
    ("validTrackingRate", "valid-tracking-rate", "shipmentCount", "validTrackingCount"),
    ("unitOnTimeDeliveryRate", "on-time-delivery-rate", "totalUnitCount", "unitOnTimeDeliveryCount"),
];
/// Counts of violations that have a metric of their own.
const COUNTS: [(&str, &str); 2] = [
    ("receivedIntellectualPropertyComplaints", "intellectual-property-violations"),
    ("restrictedProductPolicyViolations", "restricted-product-violations"),
];
/// Counts of violations that are told apart by policy; what is of none of these, nor of [`COUNTS`], is of another policy.
const POLICIES: [(&str, &str); 5] = [
    ("productAuthenticityCustomerComplaints", "authenticity"),
    ("productConditionCustomerComplaints", "condition"),
    ("productSafetyCustomerComplaints", "safety"),
    ("listingPolicyViolations", "listing"),
    ("otherPolicyViolations", "other-policy"),
];
const OWN_COUNTS: [&str; 2] = ["intellectual-property", "restricted-products"];
const DEFECTS: &str = "odr";
const VIOLATIONS: &str = "policy-violations";
const RATING: &str = "account-rating";
/// Of the orders that [`DEFECTS`] is over, those that the merchant ships.
const SHIPPED_BY_MERCHANT: &str = "orders-self-fulfilled";

/// The account's state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatus {
    marketplace_id: String,
    /// `NORMAL`, `AT_RISK` or `DEACTIVATED`.
    status: &'static str,
}

/// Days looked at, as their first and last minute in UTC.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportingDateRange {
    reporting_date_from: String,
    reporting_date_to: String,
}

/// How a figure stands against its target.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AmazonFigure)]
pub struct Judged {
    reporting_date_range: ReportingDateRange,
    /// `GOOD`, `BAD`, or `NONE` where too little is known.
    status: &'static str,
    target_value: f64,
    /// `LESS_THAN`, `GREATER_THAN` or `EQUALS`.
    target_condition: &'static str,
}

/// A part of a count.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AmazonCount)]
pub struct Part {
    count: i64,
    status: &'static str,
}

/// The order defect rate of the orders that one side ships.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDefectRate {
    #[serde(flatten)]
    judged: Judged,
    order_count: i64,
    order_with_defects: Part,
    claims: Part,
    chargebacks: Part,
    negative_feedback: Part,
    /// `mfn`: shipped by the merchant; `afn`: by the platform.
    fulfillment_type: &'static str,
    rate: f64,
}

/// One member of the report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AmazonMetric)]
pub enum Member {
    /// A rate with its counts.
    Rate {
        /// Against its target.
        #[serde(flatten)]
        judged: Judged,
        /// 0 to 1.
        rate: f64,
        /// What it is over, and how many count.
        #[serde(flatten)]
        counts: BTreeMap<&'static str, i64>,
    },
    /// Violations.
    Count {
        /// Against its target.
        #[serde(flatten)]
        judged: Judged,
        /// How many.
        #[serde(rename = "defectsCount")]
        defects_count: i64,
    },
    /// The order defect rate, by who ships.
    Defects(BTreeMap<&'static str, OrderDefectRate>),
    /// What the rules do not measure and the format wants to be there.
    Unmeasured(serde_json::Value),
    /// The account's rating.
    #[serde(rename_all = "camelCase")]
    Rating {
        /// `GREAT` or `WARNED`.
        ahr_status: &'static str,
        /// The same.
        account_health_rating_status: &'static str,
        /// Days looked at.
        reporting_date_range: ReportingDateRange,
    },
}

/// What was measured, by the format's own names. What the rules do not measure is there with the status `NONE`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PerformanceMetrics {
    marketplace_id: String,
    #[serde(flatten)]
    members: BTreeMap<&'static str, Member>,
}

/// Amazon's account-health report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountHealthReport {
    account_statuses: Vec<AccountStatus>,
    performance_metrics: Vec<PerformanceMetrics>,
}

/// A merchant's health as Amazon's account-health report has it. 404 where the rules measure nothing that it reports.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/reports/amazon-account-health", tag = "reports", operation_id = "amazon_report",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    responses((status = 200, body = AccountHealthReport)))]
pub async fn report(State(app): State<Arc<App>>, access: AtMerchant<See>) -> Result<Json<AccountHealthReport>, Problem> {
    let market = &access.market;
    let row = find(&app, market, &access.merchant).await?;
    let generation = in_force(market, row.id)?;
    let codes: Vec<&str> = RATES.iter().map(|r| r.1).chain(COUNTS.map(|c| c.1)).chain([DEFECTS, VIOLATIONS, RATING]).collect();
    offered(&generation, "Amazon's account-health report", &codes)?;
    let played = play(&app, market, &generation, &row, None, Vec::new()).await?.play;
    let figures = Figures::of(&generation, &played.snapshot);
    let mut members = BTreeMap::new();
    for (member, code, over, counted) in RATES {
        let found = figures.get(code).and_then(|(m, r)| Some((judged(market, m, r)?, r)));
        members.extend(found.map(|(judged, r)| {
            let counts = BTreeMap::from([(over, r.denominator), (counted, r.numerator)]);
            (member, Member::Rate { judged, rate: r.value, counts })
        }));
    }
    for (member, code) in COUNTS {
        let found = figures.get(code).and_then(|(m, r)| Some((judged(market, m, r)?, r)));
        members.extend(found.map(|(judged, r)| (member, Member::Count { judged, defects_count: r.numerator })));
    }
    if let Some((metric, reading)) = figures.get(VIOLATIONS) {
        let marks = behind(&app, market, &generation, row.id, (metric, reading)).await?;
        members.extend(violations(market, metric, reading, &marks));
    }
    if let Some((metric, reading)) = figures.get(RATING) {
        members.extend(metric.limit.map(|limit| ("accountHealthRating", rating(market, limit, reading))));
    }
    if let Some(pair) = figures.get(DEFECTS) {
        let by_merchant = generation.manifest().counters.iter().position(|c| c.code == SHIPPED_BY_MERCHANT);
        if let Some(counter) = by_merchant {
            let marks = behind(&app, market, &generation, row.id, pair).await?;
            let orders = played.account.sheet.sum(Slot::counted(counter as u16), pair.1.from, pair.1.to);
            members.extend(defects(market, pair, orders, &marks).map(|found| ("orderDefectRate", found)));
        }
    }
    let today = market.today(app.clock.now());
    for (member, nothing) in unmeasured(&range(market, today, today)) {
        members.entry(member).or_insert(Member::Unmeasured(nothing));
    }
    let level = row.level.as_deref().unwrap_or_else(|| level(&generation, &played));
    Ok(Json(AccountHealthReport {
        account_statuses: vec![AccountStatus { marketplace_id: market.code.clone(), status: account_status(level) }],
        performance_metrics: vec![PerformanceMetrics { marketplace_id: market.code.clone(), members }],
    }))
}

/// The level that the rules see today.
fn level(generation: &crate::markets::Generation, played: &Play) -> &'static str {
    let standing = generation.manifest().standings.get(usize::from(played.verdict.standing));
    standing.map_or("", |standing| standing.level.word())
}

fn account_status(level: &str) -> &'static str {
    match level {
        "excellent" | "good" => "NORMAL",
        "suspended" => "DEACTIVATED",
        _ => "AT_RISK",
    }
}

fn range(market: &Market, from: Day, to: Day) -> ReportingDateRange {
    let minute = |at: i64| DateTime::from_timestamp_millis(at).unwrap_or_default().format("%Y-%m-%dT%H:%MZ").to_string();
    ReportingDateRange {
        reporting_date_from: minute(market.calendar.start_of(from)),
        reporting_date_to: minute(market.calendar.start_of(to + 1) - 60_000),
    }
}

fn word(holds: Option<bool>) -> &'static str {
    match holds {
        Some(true) => "GOOD",
        Some(false) => "BAD",
        None => "NONE",
    }
}

fn condition(limit: Limit) -> &'static str {
    match limit.compare {
        Compare::AtMost if limit.target == 0.0 => "EQUALS",
        Compare::Less | Compare::AtMost => "LESS_THAN",
        Compare::Greater | Compare::AtLeast => "GREATER_THAN",
    }
}

/// `None` for a metric without a target, which the format cannot tell.
fn judged(market: &Market, metric: &Metric, reading: &Reading) -> Option<Judged> {
    Some(Judged { status: word(holds(metric, reading)), ..target(market, metric.limit?, reading) })
}

/// A target with nothing held against it yet.
fn target(market: &Market, limit: Limit, reading: &Reading) -> Judged {
    Judged {
        reporting_date_range: range(market, reading.from, reading.to),
        status: "NONE",
        target_value: limit.target,
        target_condition: condition(limit),
    }
}

fn rating(market: &Market, limit: Limit, reading: &Reading) -> Member {
    let status = if limit.compare.holds(reading.value, limit.warn) { "GREAT" } else { "WARNED" };
    let range = range(market, reading.from, reading.to);
    Member::Rating { ahr_status: status, account_health_rating_status: status, reporting_date_range: range }
}

/// Violations by policy, each held against the limit of all.
fn violations(
    market: &Market,
    metric: &Metric,
    reading: &Reading,
    marks: &BTreeMap<About, Defects>,
) -> Vec<(&'static str, Member)> {
    let Some(limit) = metric.limit else { return Vec::new() };
    let named = |policy: &str| POLICIES.iter().any(|p| p.1 == policy && p.1 != "other-policy") || OWN_COUNTS.contains(&policy);
    let count = |policy: &str| -> i64 {
        let of = |about: &About| match about {
            About::Violation(known) if policy == "other-policy" => !named(known),
            About::Violation(known) => known == policy,
            _ => false,
        };
        marks.iter().filter(|(about, _)| of(about)).map(|(_, defects)| defects.count()).sum()
    };
    let member = |(member, policy): (&'static str, &str)| {
        let defects_count = count(policy);
        let status = word(Some(limit.compare.holds(defects_count as f64, limit.target)));
        (member, Member::Count { judged: Judged { status, ..target(market, limit, reading) }, defects_count })
    };
    POLICIES.into_iter().map(member).collect()
}

/// The order defect rate by who ships: `by_merchant` of the orders it is over are the merchant's to ship.
fn defects(
    market: &Market,
    (metric, reading): (&Metric, &Reading),
    by_merchant: i64,
    marks: &BTreeMap<About, Defects>,
) -> Option<Member> {
    let limit = metric.limit?;
    let side = |kind: &'static str, is_merchant: bool, orders: i64| {
        let none = Defects::default();
        let marks = marks.get(&About::Order { by_merchant: is_merchant }).unwrap_or(&none);
        let count = marks.count();
        let rate = if orders > 0 { count as f64 / orders as f64 } else { 0.0 };
        let met = limit.compare.holds(rate, limit.target);
        let few = count < i64::from(metric.min_numerator) || marks.buyers.len() < metric.min_buyers as usize;
        let enough = orders > 0 && orders >= i64::from(metric.min_denominator) && (met || !few);
        let status = word(enough.then_some(met));
        let part = |cause: &str| Part { count: marks.of(cause), status: "NONE" };
        let rate = OrderDefectRate {
            judged: Judged { status, ..target(market, limit, reading) },
            order_count: orders,
            order_with_defects: Part { count, status },
            claims: part("claim"),
            chargebacks: part("chargeback"),
            negative_feedback: part("negative-feedback"),
            fulfillment_type: kind,
            rate,
        };
        (kind, rate)
    };
    let by_platform = reading.denominator.saturating_sub(by_merchant);
    Some(Member::Defects(BTreeMap::from([side("mfn", true, by_merchant), side("afn", false, by_platform)])))
}

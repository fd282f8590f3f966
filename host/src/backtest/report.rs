//! What a backtest says, in the order in which it should be read: what it looked at and what it could not see, then who would
//! stand where, then each merchant with the readings and the orders that decide. There are no labels of right and wrong in the
//! facts, so there are no rates of error either.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A candidate held against the rules in force over stored facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestReport)]
pub struct Report {
    /// Code of the marketplace.
    pub marketplace: String,
    /// Of all amounts.
    pub currency: String,
    /// Of all days.
    pub time_zone: String,
    /// When it looked.
    pub period: Period,
    /// The rules in force.
    pub in_force: RulesUsed,
    /// The rules tried out.
    pub candidate: RulesUsed,
    /// What it looked at.
    pub coverage: Coverage,
    /// Merchants by standing under both, at the last moment; those who stay included.
    pub transitions: Vec<Transition>,
    /// The same of all moments together: a merchant counts once for each.
    pub transitions_all: Vec<Transition>,
    /// How far the candidate reaches at the last moment, worst level last.
    pub reach: Vec<Reach>,
    /// Proposals that only one of the two makes, at the last moment.
    pub actions: Vec<ActionChange>,
    /// How many differ, moment by moment.
    pub timeline: Vec<MomentChange>,
    /// Merchants who stand elsewhere, or to whom something else would be done, at any moment.
    pub changed: u64,
    /// Of those, the ones for whom it is worst, at most a thousand.
    pub merchants: Vec<Changed>,
}

/// The moments looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestPeriod)]
pub struct Period {
    /// First moment.
    pub from: String,
    /// Last moment looked at.
    pub to: String,
    /// Step: `1d`, `6h`.
    pub every: String,
    /// How many.
    pub moments: u64,
}

/// Rules with their settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestRules)]
pub struct RulesUsed {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
    /// Settings as they were given; any other is as the rules themselves have it.
    pub settings: BTreeMap<String, String>,
    /// The longest days that a metric looks back; null where one looks at a lifetime.
    pub longest_window_days: Option<u32>,
}

/// What was looked at, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestCoverage)]
pub struct Coverage {
    /// Merchants of the marketplace.
    pub merchants: u64,
    /// Merchants of whom something was known by the last moment.
    pub with_facts: u64,
    /// Merchants left out because they have more facts than a backtest holds at a time.
    pub left_out: Vec<String>,
    /// Orders known by the last moment.
    pub orders: u64,
    /// What they were sold for, in minor units.
    pub amount_minor: i64,
    /// Contacts known by then.
    pub contacts: u64,
    /// Violations known by then.
    pub violations: u64,
    /// Verdicts compared: a merchant counts once for each moment at which something was known of it.
    pub compared: u64,
    /// Merchants for whom every rate or mean with a limit is insufficient at the last moment, under the rules in force.
    pub insufficient_in_force: u64,
    /// The same under the candidate.
    pub insufficient_candidate: u64,
    /// When the first fact happened; null where there is none.
    pub first_fact: Option<String>,
    /// Days of facts there are before the first moment.
    pub days_before: i64,
    /// Whether that is as long as the longest window of both; null where one looks at a lifetime.
    pub windows_filled: Option<bool>,
    /// Verdicts that one of the two did not give, by code.
    pub faults: Vec<Faults>,
    /// What no backtest can see, in words.
    pub limits: Vec<String>,
    /// Questions about what a fact means, to both.
    pub classified: u64,
    /// Questions about what readings lead to, to both.
    pub evaluated: u64,
}

/// Verdicts not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestFaults)]
pub struct Faults {
    /// `in_force` or `candidate`.
    pub rules: String,
    /// Listed with its meaning at `/v1/fault-codes`.
    pub code: String,
    /// One of the messages.
    pub message: String,
    /// Verdicts.
    pub verdicts: u64,
    /// Merchants they were about.
    pub merchants: u64,
}

/// From where to where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestTransition)]
pub struct Transition {
    /// Standing under the rules in force.
    pub from: String,
    /// Its level.
    pub from_level: String,
    /// Standing under the candidate.
    pub to: String,
    /// Its level.
    pub to_level: String,
    /// Merchants, or verdicts where all moments are counted.
    pub count: u64,
}

/// Who would stand at a level or worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestReach)]
pub struct Reach {
    /// The level.
    pub level: String,
    /// Merchants there or worse under the rules in force.
    pub in_force: u64,
    /// Under the candidate.
    pub candidate: u64,
    /// Those who would be there and are not.
    pub newly: u64,
    /// Those who are there and would not be.
    pub no_longer: u64,
    /// Orders of those who newly would.
    pub newly_orders: u64,
    /// As a share of all orders covered; null where there are none.
    pub newly_orders_share: Option<f64>,
    /// What those orders were sold for, in minor units.
    pub newly_amount_minor: i64,
    /// As a share of what all were sold for; null where that is nothing.
    pub newly_amount_share: Option<f64>,
}

/// Merchants for whom an action comes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestAction)]
pub struct ActionChange {
    /// The action.
    pub action: String,
    /// Merchants to whom only the candidate would do it.
    pub newly: u64,
    /// Merchants to whom only the rules in force do it.
    pub vanished: u64,
}

/// One moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestMoment)]
pub struct MomentChange {
    /// When.
    pub at: String,
    /// Merchants compared.
    pub compared: u64,
    /// Of those, better off under the candidate.
    pub better: u64,
    /// Worse off.
    pub worse: u64,
    /// With another standing on the same level.
    pub sideways: u64,
    /// With the same standing and other proposals.
    pub proposals: u64,
}

/// Where one of the two sees a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestStand)]
pub struct Stand {
    /// Standing.
    pub standing: String,
    /// Its level.
    pub level: String,
    /// 0 to 1000.
    pub score: u16,
}

/// A merchant over whom the two differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestMerchant)]
pub struct Changed {
    /// Reference.
    pub merchant: String,
    /// The last moment at which they differ; everything below is of that moment.
    pub at: String,
    /// The first.
    pub first: String,
    /// At how many moments they differ.
    pub moments: u64,
    /// Orders known by the last moment.
    pub orders: u64,
    /// What they were sold for, in minor units.
    pub amount_minor: i64,
    /// `better`, `worse`, `sideways`, or `same` where only proposals differ.
    pub direction: String,
    /// Under the rules in force.
    pub in_force: Stand,
    /// Under the candidate.
    pub candidate: Stand,
    /// Proposals that only the candidate makes.
    pub new_proposals: Vec<String>,
    /// Proposals that only the rules in force make.
    pub vanished_proposals: Vec<String>,
    /// Metrics that decide.
    pub readings: Vec<Deciding>,
    /// Orders, contacts and violations behind those metrics: first those that the two count in different ways, then the newest.
    pub evidence: Vec<Counted>,
    /// How many there are, of which at most twenty are listed.
    pub evidence_total: u64,
}

/// One metric on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestReading)]
pub struct Deciding {
    /// Code of the metric.
    pub metric: String,
    /// Null where the rules in force have no such metric.
    pub in_force: Option<Figures>,
    /// Null where the candidate has no such metric.
    pub candidate: Option<Figures>,
}

/// A metric as it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestFigures)]
pub struct Figures {
    /// Sum above the line.
    pub numerator: i64,
    /// Sum below the line.
    pub denominator: i64,
    /// The value.
    pub value: f64,
    /// What it is held against; null where it is only shown.
    pub target: Option<f64>,
    /// `good`, `at-risk`, `breached` or `insufficient`.
    pub status: String,
    /// First day looked at.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// What something counts for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestCounted)]
pub struct Counted {
    /// `order`, `contact` or `violation`.
    pub kind: String,
    /// Its reference.
    pub reference: String,
    /// The day on which it counts.
    pub day: String,
    /// Counters it counts for under the rules in force, with an exclusion in brackets where it is excluded.
    pub in_force: Vec<String>,
    /// Under the candidate.
    pub candidate: Vec<String>,
}

impl Report {
    /// The same with every reference replaced, for readers who may not know whose facts these are.
    #[must_use]
    pub fn masked(mut self, mask: impl Fn(&str, &str) -> String) -> Self {
        for merchant in &mut self.merchants {
            merchant.merchant = mask("merchant", &merchant.merchant);
            for counted in &mut merchant.evidence {
                counted.reference = mask(&counted.kind, &counted.reference);
            }
        }
        for merchant in &mut self.coverage.left_out {
            *merchant = mask("merchant", merchant);
        }
        self
    }
}

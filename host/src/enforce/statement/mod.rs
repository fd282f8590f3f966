//! The statement of reasons for a decision, as its merchant reads it: what was put down when it was made, in their language, with how
//! far it has come since and until when it can be contested. People of the marketplace have no names in it.

mod page;
mod words;

use andon_domain::calendar::rfc3339;
use andon_domain::enforce::appeal::is_contestable;
use andon_domain::enforce::measure::Kind;
use andon_domain::ids::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::appeals::contestable_until;
use super::is_automated;
use crate::markets::Market;
use crate::store::StoreError;
use crate::store::enforcements::Enforcement;
use words::Words;

/// The rules that found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = StatedRules)]
pub struct Rules {
    name: String,
    version: String,
    digest: String,
}

/// The days a figure is of, in the marketplace's calendar, both included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = StatedDays)]
pub struct Days {
    from: String,
    to: String,
}

/// A metric as it was when it was decided.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StatedMetric)]
pub struct Metric {
    code: String,
    title: String,
    value: f64,
    numerator: i64,
    denominator: i64,
    /// Distinct buyers in the numerator.
    buyers: i64,
    /// `less`, `at-most`, `greater` or `at-least`: how the value must compare to the target.
    compare: Option<String>,
    target: Option<f64>,
    status: String,
    window: Days,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StatedReason)]
pub struct Reason {
    code: String,
    /// In the words of the rules; null where a person gives the reason.
    text: Option<String>,
    /// In that person's own words.
    note: Option<String>,
    metric: Option<Metric>,
}

/// A cause in words.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StatedCause)]
pub struct Cause {
    code: String,
    text: String,
}

/// An order, contact or violation that was relied on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StatedFact)]
pub struct Fact {
    order: Option<String>,
    contact: Option<String>,
    violation: Option<String>,
    listing: Option<String>,
    at: Option<String>,
    /// What it counts for.
    counter: Option<String>,
    cause: Option<Cause>,
}

/// How to contest it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StatedContest)]
pub struct Contest {
    until: String,
    /// Whether there is still time.
    open: bool,
    how: String,
}

/// A statement of reasons.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = StatementOfReasons)]
pub struct Statement {
    enforcement: Uuid,
    marketplace: String,
    merchant: String,
    /// `en` or `zh-CN`.
    language: &'static str,
    action: &'static str,
    /// The decision in a sentence.
    decision: String,
    /// The listing or the badge it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<String>,
    /// Most orders a day, with `cap-orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders_a_day: Option<u32>,
    stage: &'static str,
    decided_at: String,
    effective_at: String,
    /// When it ends by itself; null: until it is ended.
    ends_at: Option<String>,
    closed_at: Option<String>,
    /// Whether it was found without a person, and whether it was decided without one.
    found_automatically: bool,
    decided_automatically: bool,
    /// The rules that found it; null where a person did.
    rules: Option<Rules>,
    reasons: Vec<Reason>,
    /// What was relied on, newest first, at most 50.
    facts: Vec<Fact>,
    /// `fraud` or `law`, where that cuts short the notice before a termination.
    ground: Option<String>,
    /// How it can be contested; null where nothing was taken from the merchant.
    contest: Option<Contest>,
}

/// A text in the languages that every plugin's wording is complete in.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Texts {
    en: String,
    #[serde(rename = "zh-CN")]
    zh: String,
}

#[derive(Deserialize)]
struct StoredMetric {
    code: String,
    title: Texts,
    value: f64,
    numerator: i64,
    denominator: i64,
    buyers: i64,
    compare: Option<String>,
    target: Option<f64>,
    status: String,
    window: Days,
}

#[derive(Deserialize)]
struct StoredReason {
    code: String,
    text: Texts,
    metric: Option<StoredMetric>,
}

#[derive(Deserialize)]
struct StoredCause {
    code: String,
    text: Texts,
}

#[derive(Deserialize)]
struct StoredFact {
    order: Option<String>,
    contact: Option<String>,
    violation: Option<String>,
    listing: Option<String>,
    at: Option<String>,
    counter: Option<String>,
    cause: Option<StoredCause>,
}

/// A statement as it was put down.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Stored {
    rules: Option<Rules>,
    found: String,
    reasons: Vec<StoredReason>,
    facts: Vec<StoredFact>,
    ground: Option<String>,
    contest: StoredContest,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StoredContest {
    how: Texts,
}

impl Statement {
    /// Of an enforcement, in the language asked for, or else in English.
    pub(crate) fn of(
        row: &Enforcement,
        market: &Market,
        merchant: &str,
        language: &str,
        now: Instant,
    ) -> Result<Self, StoreError> {
        let stored = &row.record.statement;
        let stored: Option<Stored> =
            serde_json::from_value(stored.clone()).map_err(|_| StoreError::undecodable("enforcements", row.id))?;
        let stored = stored.unwrap_or_default();
        let words = Words::of(language);
        let until = contestable_until(row, &market.policy);
        let contest = Contest { until: rfc3339(until), open: now < until, how: words.pick(stored.contest.how) };
        let object = Some(row.measure.object.clone()).filter(|object| !object.is_empty());
        let kind = row.measure.kind;
        let (listing, badge) =
            if matches!(kind, Kind::PullListing | Kind::RestoreListing) { (object, None) } else { (None, object) };
        Ok(Self {
            enforcement: row.id,
            marketplace: market.name.clone(),
            merchant: merchant.to_owned(),
            language: words.language,
            action: kind.word(),
            decision: words.decision(kind).to_owned(),
            listing,
            badge,
            orders_a_day: row.measure.amount,
            stage: row.stage.word(),
            decided_at: rfc3339(row.record.approvals.last().map_or(row.opened_at, |agreed| agreed.at)),
            effective_at: rfc3339(row.effective_at),
            ends_at: row.ends_at.map(rfc3339),
            closed_at: row.closed_at.map(rfc3339),
            found_automatically: stored.found == "automatically",
            decided_automatically: is_automated(row),
            reasons: stored.reasons.into_iter().map(|reason| words.reason(reason, stored.rules.is_some())).collect(),
            rules: stored.rules,
            facts: stored.facts.into_iter().map(|fact| words.fact(fact)).collect(),
            ground: stored.ground,
            contest: is_contestable(kind).then_some(contest),
        })
    }

    /// As a page to be printed.
    pub(crate) fn page(&self) -> String {
        page::write(self, Words::of(self.language))
    }
}

impl Words {
    fn pick(&self, texts: Texts) -> String {
        if self.language == "en" || texts.zh.is_empty() { texts.en } else { texts.zh }
    }

    fn reason(&self, reason: StoredReason, of_rules: bool) -> Reason {
        let said = Some(self.pick(reason.text));
        let (text, note) = if of_rules { (said, None) } else { (None, said) };
        Reason { code: reason.code, text, note, metric: reason.metric.map(|metric| self.metric(metric)) }
    }

    fn metric(&self, metric: StoredMetric) -> Metric {
        let StoredMetric { code, title, value, numerator, denominator, buyers, compare, target, status, window } = metric;
        Metric { code, title: self.pick(title), value, numerator, denominator, buyers, compare, target, status, window }
    }

    fn fact(&self, fact: StoredFact) -> Fact {
        let StoredFact { order, contact, violation, listing, at, counter, cause } = fact;
        let cause = cause.map(|cause| Cause { code: cause.code, text: self.pick(cause.text) });
        Fact { order, contact, violation, listing, at, counter, cause }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

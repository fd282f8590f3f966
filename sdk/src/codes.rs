//! Handles to what rules declare. A handle is made by declaring something and is good for nothing else, so a counter cannot be
//! passed where a reason belongs, and no number is ever written by hand.

use crate::bindings::andon::rules::declare::Term;
use crate::bindings::exports::andon::rules::judge::{Action, Mark, Reason};
use crate::facts::Instant;

/// A text in every language that rules must speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub(crate) en: &'static str,
    pub(crate) zh_cn: &'static str,
}

/// The wording of a code: English, and Simplified Chinese.
pub const fn words(en: &'static str, zh_cn: &'static str) -> Words {
    Words { en, zh_cn }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub(crate) u16);)+
    };
}

handles! {
    /// Something that is counted.
    Counter,
    /// How often one buyer counts.
    Quota,
    /// Something that is read off counters.
    Metric,
    /// Where a merchant may stand.
    Standing,
    /// Why a mark was made.
    Cause,
    /// Why something may not be held against a merchant.
    Exclusion,
    /// A code that a verdict's reasons may carry.
    ReasonCode,
    /// Why something was sent back.
    ReturnReason,
    /// What a contact is about.
    ContactReason,
    /// A policy that can be violated.
    Policy,
    /// Something a merchant may wear.
    Badge,
}

impl Counter {
    /// A mark that counts 1 here, dated `at`.
    pub fn at(self, at: Instant) -> Mark {
        Mark { counter: self.0, at, amount: 1, cause: None, excluded: None }
    }

    /// `points` for each of its sum; negative for a loss. [`Term::each`] makes it points for each so many.
    pub fn points(self, points: i32) -> Term {
        Term { counter: self.0, points, per: 1 }
    }
}

impl Term {
    /// The points are for each whole `per` of the sum, at least 1.
    #[must_use]
    pub fn each(self, per: u32) -> Self {
        Self { per, ..self }
    }
}

impl Mark {
    /// It counts `amount` instead of 1.
    #[must_use]
    pub fn amount(self, amount: i64) -> Self {
        Self { amount, ..self }
    }

    /// Shown with the evidence: why it was made.
    #[must_use]
    pub fn because(self, cause: Cause) -> Self {
        Self { cause: Some(cause.0), ..self }
    }

    /// It would count, but for this: kept as evidence, left out of the sums.
    #[must_use]
    pub fn excluded_by(self, exclusion: Exclusion) -> Self {
        Self { excluded: Some(exclusion.0), ..self }
    }
}

impl ReasonCode {
    /// A reason about a metric.
    pub fn about(self, metric: Metric) -> Reason {
        Reason { code: self.0, metric: Some(metric.0), listing: None }
    }

    /// A reason about the merchant as a whole.
    pub fn plain(self) -> Reason {
        Reason { code: self.0, metric: None, listing: None }
    }
}

impl Reason {
    /// The same reason, about one listing.
    #[must_use]
    pub fn on_listing(self, listing: u64) -> Self {
        Self { listing: Some(listing), ..self }
    }
}

impl Standing {
    /// Whether it is the standing in force.
    pub fn is(self, standing: Option<u16>) -> bool {
        standing == Some(self.0)
    }
}

impl ReturnReason {
    /// Whether it is the reason given.
    pub fn is(self, reason: Option<u16>) -> bool {
        reason == Some(self.0)
    }
}

impl ContactReason {
    /// Whether it is the reason given.
    pub fn is(self, reason: Option<u16>) -> bool {
        reason == Some(self.0)
    }
}

impl Policy {
    /// Whether it is the policy violated.
    pub fn is(self, policy: Option<u16>) -> bool {
        policy == Some(self.0)
    }
}

impl Badge {
    /// Whether it is among the badges worn.
    pub fn is_among(self, badges: &[u16]) -> bool {
        badges.contains(&self.0)
    }

    /// To give it.
    pub fn award(self) -> Action {
        Action::AwardBadge(self.0)
    }

    /// To take it.
    pub fn revoke(self) -> Action {
        Action::RevokeBadge(self.0)
    }
}

//! Write seller-health rules for Andon.
#![warn(missing_docs)]

#[doc(hidden)]
pub mod bindings;
mod codes;
mod declaration;
mod guest;
mod metric;
mod rules;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;

/// What happened: the facts that rules are asked about.
pub mod facts {
    // Listed by name: see `bindings`.
    pub use crate::bindings::andon::rules::facts::{
        Actor, CancelReason, Cancellation, Channel, Claim, ClaimKind, ClaimState, Contact, Feedback, FeedbackState, Fulfilment, Incident,
        IncidentKind, Instant, Money, Order, ReturnOutcome, ReturnRequest, ServiceLevel, Severity, Subject, Tracking, Violation,
        ViolationState,
    };

    /// Milliseconds in an hour.
    pub const HOUR: Instant = 3_600_000;
    /// Milliseconds in a day of 24 hours.
    pub const DAY: Instant = 24 * HOUR;
}

pub use bindings::andon::rules::declare::{Cadence, Level, Term, Window};
pub use bindings::exports::andon::rules::judge::{
    Action, Classified, ListingSnapshot, Mark, Merchant, Proposal, Reading, Reason, Snapshot, Status, Verdict,
};
pub use codes::{
    Badge, Cause, ContactReason, Counter, Exclusion, Metric, Policy, ReasonCode, ReturnReason, Standing, Words, words,
};
pub use declaration::{About, Counting, Declaration, defect, volume};
pub use metric::{Days, Judged, MetricSpec, days, months};
pub use rules::{Rules, Unreadable};
pub use settings::{Given, Setting, SettingError, SettingValue};

/// What [`export!`] expands to; not for use by hand.
#[doc(hidden)]
pub mod __export {
    pub use crate::bindings::andon::rules::declare::Manifest;
    pub use crate::bindings::export_bindings;
    pub use crate::bindings::exports::andon::rules::judge::{Classified, Fault, Guest, Snapshot, Verdict};
    pub use crate::guest::{Configured, classify, configure, describe, evaluate};
}

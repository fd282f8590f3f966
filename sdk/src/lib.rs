//! Write seller-health rules for Andon: a marketplace's own rules as a sandboxed WebAssembly component.
//!
//! A complete set of rules: orders are counted, late ones are defects, and a merchant with a tenth of them late is at risk.
//! ```
//! use andon_sdk::facts::{Instant, Subject};
//! use andon_sdk::{
//!     About, Action, Cadence, Classified, Counter, Declaration, Given, Judged, Level, MetricSpec, Rules, Setting, SettingError, Snapshot,
//!     Standing, Unreadable, Verdict, days, defect, volume, words,
//! };
//!
//! struct Punctual {
//!     codes: Codes,
//!     grace: Instant,
//! }
//!
//! struct Codes {
//!     orders: Counter,
//!     late: Counter,
//!     late_rate: Judged,
//!     good: Standing,
//!     at_risk: Standing,
//!     grace_hours: Setting<i64>,
//! }
//!
//! impl Rules for Punctual {
//!     type Codes = Codes;
//!     const ABOUT: About = About { marketplace: "punctual", name: "punctual", version: "0.1.0", cadence: Cadence::Continuous };
//!
//!     fn declare(d: &mut Declaration) -> Codes {
//!         let orders = d.counter("orders", volume(), words("Orders delivered", "已送达订单"));
//!         let late = d.counter("orders-late", defect(), words("Late orders", "迟到订单"));
//!         let spec = MetricSpec::ratio(late, orders, days(30)).less_than(0.10).warn(0.05).min_denominator(10);
//!         Codes {
//!             late_rate: d.judged("late-rate", spec, words("Late rate", "迟到率")),
//!             good: d.standing("good", Level::Good, words("Good", "良好")),
//!             at_risk: d.standing("at-risk", Level::AtRisk, words("At risk", "存在风险")),
//!             grace_hours: d.integer("grace-hours", 0, 0..=48, words("Hours of grace", "宽限小时数")),
//!             orders,
//!             late,
//!         }
//!     }
//!
//!     fn configure(codes: Codes, given: &Given) -> Result<Self, SettingError> {
//!         Ok(Self { grace: given.get(codes.grace_hours) * andon_sdk::facts::HOUR, codes })
//!     }
//!
//!     fn classify(&self, _now: Instant, subject: &Subject) -> Result<Classified, Unreadable> {
//!         let mut answer = Classified::with_room(2);
//!         let Subject::Order(order) = subject else { return Ok(answer) };
//!         if let (Some(delivered), Some(deliver_by)) = (order.delivered, order.deliver_by) {
//!             answer.mark(self.codes.orders.at(delivered));
//!             if delivered > deliver_by + self.grace {
//!                 answer.mark(self.codes.late.at(delivered));
//!             }
//!         }
//!         Ok(answer)
//!     }
//!
//!     fn evaluate(&self, snapshot: &Snapshot) -> Result<Verdict, Unreadable> {
//!         let late = &snapshot[self.codes.late_rate.metric];
//!         Ok(match self.codes.late_rate.reason(late) {
//!             Some(reason) => Verdict::new(self.codes.at_risk, 500).because([reason]).propose(Action::Warning, [reason]),
//!             None => Verdict::new(self.codes.good, 1000),
//!         })
//!     }
//! }
//!
//! andon_sdk::export!(Punctual);
//!
//! # fn main() {
//! # #[cfg(feature = "testing")] {
//! use andon_sdk::testing::{Case, Shop, check_manifest, order};
//!
//! check_manifest::<Punctual>();
//! let late = order().deliver_by("2026-03-01").delivered("2026-03-02");
//! Case::<Punctual>::new().check("2026-03-05", late.clone(), "orders 2026-03-02\norders-late 2026-03-02");
//! Case::<Punctual>::with(&[("grace-hours", "24")]).check("2026-03-05", late.clone(), "orders 2026-03-02");
//! let shop = Shop::<Punctual>::new().facts(10, |_| late.clone());
//! shop.on("2026-03-05").check("standing at-risk\nscore 500\nreasons late-rate-breached\nwarning: late-rate-breached");
//! # }
//! # }
//! ```
#![warn(missing_docs)]

#[doc(hidden)]
pub mod bindings;
mod codes;
mod declaration;
mod guest;
#[cfg(any(target_arch = "wasm32", test))]
mod memory;
mod metric;
mod rules;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;

/// What happened: the facts that rules are asked about.
pub mod facts {
    // Listed by name: see `bindings`.
    pub use crate::bindings::andon::rules::facts::{
        Actor, Aftermath, CancelReason, Cancellation, Channel, Claim, ClaimKind, ClaimState, Contact, Feedback, FeedbackState,
        Fulfilment, Incident, IncidentKind, Instant, Money, Order, ReturnOutcome, ReturnRequest, ServiceLevel, Severity, Subject,
        Tracking, Violation, ViolationState,
    };

    /// Milliseconds in an hour.
    pub const HOUR: Instant = 3_600_000;
    /// Milliseconds in a day of 24 hours.
    pub const DAY: Instant = 24 * HOUR;
}

pub use bindings::andon::rules::declare::{Cadence, Level, Period, Term, Window};
pub use bindings::exports::andon::rules::judge::{
    Action, Classified, ListingSnapshot, Mark, Merchant, Proposal, Reading, Reason, Snapshot, Status, Verdict,
};
pub use codes::{
    Badge, Cause, ContactReason, Counter, Exclusion, Metric, Policy, Quota, ReasonCode, ReturnReason, Standing, Words, words,
};
pub use declaration::{About, Counting, Declaration, defect, volume};
pub use metric::{Days, Judged, MetricSpec, days, months, months_from};
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

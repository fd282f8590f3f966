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
    // Listed by name, and with the words that the contract leaves out: see `bindings`.

    /// Who did something, or is responsible for it: the buyer, the merchant that is judged, the carrier of the parcel, or the
    /// marketplace itself (`Platform`).
    pub use crate::bindings::andon::rules::facts::Actor;
    /// Why an order was called off.
    ///
    /// `OutOfStock`: the merchant had none left · `PricingError`: it had named a wrong price · `NotShippedInTime`: it was not handed
    /// to the carrier in time · `UndeliverableAddress`: nothing can be delivered there · `BuyerRequest`: the buyer asked for it ·
    /// `Unpaid`: the buyer did not pay · `FraudHold`: held back for suspected fraud · `PlatformError`: the marketplace's mistake.
    pub use crate::bindings::andon::rules::facts::CancelReason;
    /// An order called off: when first, and by whom and why as last reported.
    pub use crate::bindings::andon::rules::facts::Cancellation;
    /// How a buyer made contact; `WebForm` is a form on the site, `PlatformMessage` the marketplace's own messages.
    pub use crate::bindings::andon::rules::facts::Channel;
    /// A buyer's claim on an order: when it was opened, what it says, where it stands, and when it last closed.
    pub use crate::bindings::andon::rules::facts::Claim;
    /// What a buyer claims.
    ///
    /// `NotReceived`: nothing arrived · `NotAsDescribed`: something else did · `RefundRefused`: the merchant refuses a refund that is
    /// due · `ChargebackService`, `ChargebackFraud`: the buyer's bank took the money back, over goods or service, or because the
    /// card was misused.
    pub use crate::bindings::andon::rules::facts::ClaimKind;
    /// Where a claim stands.
    ///
    /// `Open`: nobody has decided · `RefundedByMerchant`: the merchant paid before anybody did · `Granted`: the buyer was right, and
    /// the merchant pays · `GrantedAtPlatformCost`: the buyer gets the money, and the marketplace pays · `Denied`: the buyer was not
    /// right · `Withdrawn`: the buyer took it back.
    pub use crate::bindings::andon::rules::facts::ClaimState;
    /// A buyer's contact with customer service, on an order or on none. `resolved` is absent again once it is reopened.
    pub use crate::bindings::andon::rules::facts::Contact;
    /// A buyer's rating of one order; its parts are rated 1 to 5 as well, where the marketplace asks for them.
    pub use crate::bindings::andon::rules::facts::Feedback;
    /// `Struck`: the marketplace struck it · `Withdrawn`: the buyer took it back · `Removed`: it was taken off for another reason.
    pub use crate::bindings::andon::rules::facts::FeedbackState;
    /// Who ships: the merchant itself, or the marketplace for it.
    pub use crate::bindings::andon::rules::facts::Fulfilment;
    /// Trouble on the way: when it was noticed, what it was, whose doing it was, and when it was over.
    pub use crate::bindings::andon::rules::facts::Incident;
    /// What went wrong on the way.
    ///
    /// `NoScan`: the carrier never scanned the parcel · `Stalled`: it stopped moving · `Misrouted`: it went somewhere else ·
    /// `FalseDelivery`: it was reported delivered, and was not · `Damaged` · `Lost` · `AddressProblem`: the address did not do.
    pub use crate::bindings::andon::rules::facts::IncidentKind;
    /// One merchant's part of what a buyer bought. `id`, `buyer` and `listing` are keys that stand for references; `shipped` and
    /// `delivered` are the first times of each.
    pub use crate::bindings::andon::rules::facts::Order;
    /// How a return ended.
    ///
    /// `Open`: it has not · `Refunded`: the buyer got the money back · `Replaced`: or other goods · `Rejected`: the merchant refused
    /// it, as it may · `WronglyRejected`: it refused it against the marketplace's policy.
    pub use crate::bindings::andon::rules::facts::ReturnOutcome;
    /// A buyer's wish to send something back: when it was asked for, why, when first answered, how it ended, and whether the buyer
    /// said afterwards that it went badly.
    pub use crate::bindings::andon::rules::facts::ReturnRequest;
    /// How fast the order was sold to arrive.
    pub use crate::bindings::andon::rules::facts::ServiceLevel;
    /// How grave a violation is, the least first.
    pub use crate::bindings::andon::rules::facts::Severity;
    /// A breach of a policy that was put on record against a merchant; `closed` is when its state last changed.
    pub use crate::bindings::andon::rules::facts::Violation;
    /// Where a violation stands.
    ///
    /// `Open`: nobody has done anything about it · `Acknowledged`: the merchant has taken note · `Resolved`: it is put right ·
    /// `Overturned`: it was none after all.
    pub use crate::bindings::andon::rules::facts::ViolationState;
    pub use crate::bindings::andon::rules::facts::{Aftermath, Instant, Money, Subject, Tracking};

    /// Milliseconds in an hour.
    pub const HOUR: Instant = 3_600_000;
    /// Milliseconds in a day of 24 hours.
    pub const DAY: Instant = 24 * HOUR;
}

/// When standings bind, and metrics are read: at any time, or on one day of each month or week.
pub use bindings::andon::rules::declare::Cadence;
/// Over which days a metric is read, up to the day of evaluation.
///
/// `Rolling`: the last so many days, or so many that ended some days earlier · `Months`: whole months that have ended · `QuarterToDate`:
/// from the first day of the quarter · `YearToDate`: from the first day of the year · `Lifetime`: all days that there were.
pub use bindings::andon::rules::declare::Window;
pub use bindings::andon::rules::declare::{Level, Period, Term};
/// What rules may propose; the host decides. Listings go by their keys, badges by their indexes.
pub use bindings::exports::andon::rules::judge::Action;
/// What one subject means: what counts about it, and when to ask again.
pub use bindings::exports::andon::rules::judge::Classified;
/// The readings of one listing, one for each declared metric, in that order.
pub use bindings::exports::andon::rules::judge::ListingSnapshot;
/// Something that counts, on a day: how much it adds to which counter.
pub use bindings::exports::andon::rules::judge::Mark;
/// The merchant that is judged: since when it is there and has its standing, and the badges it bears.
pub use bindings::exports::andon::rules::judge::Merchant;
/// One metric of one merchant on one day. `value` is 0 for a ratio or mean without a denominator, `denominator` where there is no
/// line; `buyers` are those behind the evidence, where its counter counts them.
pub use bindings::exports::andon::rules::judge::Reading;
/// All that rules are shown of one merchant, as of `now`.
pub use bindings::exports::andon::rules::judge::Snapshot;
/// How a metric stands against its limit.
///
/// `Good`: its target and its warning are met · `AtRisk`: its target is, its warning is not · `Breached`: its target is not ·
/// `Insufficient`: there is too little to say, and nothing may follow from it.
pub use bindings::exports::andon::rules::judge::Status;
/// What rules conclude about one merchant: its standing, why, what to do about it, and when to ask again.
pub use bindings::exports::andon::rules::judge::Verdict;
pub use bindings::exports::andon::rules::judge::{Proposal, Reason};
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

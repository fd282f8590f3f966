//! Who may call what, by operation: the table that the matrix holds the router against. It is written by hand, so that a route is
//! opened on purpose.

use andon::auth::Scope::{
    self, Admin, AppealsWrite, CordPull, CordRelease, EnforcementsReview, EventsWrite, HealthRead, MerchantsWrite, PluginsWrite,
};

/// Whose things an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Whoever reaches every marketplace: it is felt in all of them.
    House,
    /// Nobody bound to a merchant; what it is about belongs to no marketplace.
    Operators,
    /// Nobody bound to a merchant, in a marketplace they reach.
    Staff,
    /// Whoever reaches the merchant whose thing it is; of a marketplace's list, each sees their own part.
    Merchants,
    /// Whoever reaches the marketplace: a list about a thing, of which each sees their own part, so that a foreign thing's is as empty
    /// as that of a thing which does not exist.
    Parts,
}

/// One operation: its id, whom it is for, and the scopes of which any one opens it. `admin` opens all.
pub(super) type Right = (&'static str, For, &'static [Scope]);

/// Scopes that see orders and contacts.
const SEE_ORDERS: &[Scope] = &[HealthRead, EventsWrite, EnforcementsReview];
const MODERATE: &[Scope] = &[EventsWrite, EnforcementsReview];
const SEE_ENFORCEMENTS: &[Scope] = &[HealthRead, EnforcementsReview];
const SEE_CORDS: &[Scope] = &[HealthRead, EnforcementsReview, CordPull, CordRelease];
const SEE_APPEALS: &[Scope] = &[HealthRead, AppealsWrite, EnforcementsReview];
const APPEAL: &[Scope] = &[AppealsWrite, EnforcementsReview];
const WATCH: &[Scope] = &[HealthRead, PluginsWrite];

/// Every operation of the document.
pub(super) const RIGHTS: &[Right] = &[
    ("activate_rules", For::Operators, &[Admin]),
    ("amazon_report", For::Merchants, &[HealthRead]),
    ("answer_appeal", For::Staff, &[EnforcementsReview]),
    ("approve_enforcement", For::Staff, &[EnforcementsReview]),
    ("attach", For::Merchants, APPEAL),
    ("backtest_report", For::Operators, &[PluginsWrite]),
    ("begin_backtest", For::Operators, &[PluginsWrite]),
    ("buyer_signals", For::Staff, &[EnforcementsReview]),
    ("cancel_backtest", For::Operators, &[PluginsWrite]),
    ("cancel_generation", For::Staff, &[Admin]),
    ("change_marketplace", For::Staff, &[Admin]),
    ("change_webhook", For::Staff, &[Admin]),
    ("confirm_message", For::Staff, &[EnforcementsReview]),
    ("cord_figures", For::Staff, &[EnforcementsReview]),
    ("create_marketplace", For::Operators, &[Admin]),
    ("create_webhook", For::Staff, &[Admin]),
    ("decline_enforcement", For::Staff, &[EnforcementsReview]),
    ("download_attachment", For::Merchants, APPEAL),
    ("download_plugin", For::Operators, &[Admin]),
    ("drop_override", For::Staff, &[EnforcementsReview]),
    ("ebay_report", For::Merchants, &[HealthRead]),
    ("export_ledger", For::Staff, &[HealthRead]),
    ("file_appeal", For::Merchants, APPEAL),
    ("health_evidence", For::Merchants, &[HealthRead]),
    ("health_history", For::Merchants, &[HealthRead]),
    ("health_recovery", For::Merchants, &[HealthRead]),
    ("leave_feedback", For::Staff, &[EventsWrite]),
    ("lift_enforcement", For::Staff, &[EnforcementsReview]),
    ("list_appeals", For::Merchants, SEE_APPEALS),
    ("list_backtests", For::Operators, &[PluginsWrite]),
    ("list_cords", For::Parts, SEE_CORDS),
    ("list_deliveries", For::Staff, &[Admin]),
    ("list_enforcements", For::Merchants, SEE_ENFORCEMENTS),
    ("list_fault_codes", For::Operators, &[PluginsWrite]),
    ("list_generations", For::Staff, WATCH),
    ("list_ledger", For::Merchants, &[HealthRead]),
    ("list_marketplaces", For::Operators, &[HealthRead]),
    ("list_merchants", For::Merchants, &[HealthRead]),
    ("list_notices", For::Merchants, &[HealthRead]),
    ("list_orders", For::Merchants, &[HealthRead]),
    ("list_overrides", For::Staff, &[EnforcementsReview]),
    ("list_plugin_faults", For::Operators, &[PluginsWrite]),
    ("list_plugins", For::Operators, &[PluginsWrite]),
    ("list_webhooks", For::Staff, &[Admin]),
    ("moderate_buyer", For::Staff, &[EnforcementsReview]),
    ("moderate_feedback", For::Staff, MODERATE),
    ("pause_build", For::Staff, &[Admin]),
    ("prove_ledger_entry", For::Merchants, &[HealthRead]),
    ("pull_cord", For::Staff, &[CordPull]),
    ("push_plugin", For::Operators, &[PluginsWrite]),
    ("put_order", For::Staff, &[EventsWrite]),
    ("quarantine_plugin", For::House, &[Admin]),
    ("recover_deliveries", For::Staff, &[Admin]),
    ("register_merchant", For::Merchants, &[MerchantsWrite]),
    ("release_cord", For::Staff, &[CordRelease]),
    ("release_plugin", For::House, &[Admin]),
    ("remove_webhook", For::Staff, &[Admin]),
    ("replay_delivery", For::Staff, &[Admin]),
    ("replay_verdict", For::Merchants, &[HealthRead]),
    ("resume_build", For::Staff, &[Admin]),
    ("retire_plugin", For::House, &[Admin]),
    ("reverse_enforcement", For::Staff, &[EnforcementsReview]),
    ("roll_back_rules", For::Operators, &[Admin]),
    ("rotate_webhook", For::Staff, &[Admin]),
    ("say_more", For::Merchants, APPEAL),
    ("send_events", For::Staff, &[EventsWrite]),
    ("set_override", For::Staff, &[EnforcementsReview]),
    ("shadow_merchants", For::Staff, &[HealthRead]),
    ("shadow_report", For::Staff, WATCH),
    ("shadow_rules", For::Operators, &[Admin]),
    ("show_account", For::Merchants, SEE_ENFORCEMENTS),
    ("show_appeal", For::Merchants, SEE_APPEALS),
    ("show_backtest", For::Operators, &[PluginsWrite]),
    ("show_enforcement", For::Merchants, SEE_ENFORCEMENTS),
    ("show_feedback", For::Merchants, SEE_ORDERS),
    ("show_generation", For::Staff, WATCH),
    ("show_health", For::Merchants, &[HealthRead]),
    ("show_ledger_entry", For::Merchants, &[HealthRead]),
    ("show_ledger_head", For::Merchants, &[HealthRead]),
    ("show_marketplace", For::Staff, &[HealthRead]),
    ("show_merchant", For::Merchants, &[HealthRead]),
    ("show_order", For::Merchants, SEE_ORDERS),
    ("show_plugin", For::Operators, &[PluginsWrite]),
    ("show_plugin_version", For::Operators, &[PluginsWrite]),
    ("show_statement", For::Merchants, SEE_ENFORCEMENTS),
    ("show_verdict", For::Merchants, &[HealthRead]),
    ("show_webhook", For::Staff, &[Admin]),
    ("stream_messages", For::Merchants, &[HealthRead]),
    ("take_enforcement", For::Staff, &[EnforcementsReview]),
    ("take_snapshot", For::Merchants, &[PluginsWrite]),
    ("test_webhook", For::Staff, &[Admin]),
    ("uphold_cord", For::Staff, &[CordRelease]),
    ("what_if", For::Merchants, &[HealthRead]),
];

/// The right that an operation asks for.
pub(super) fn of(operation: &str) -> Option<&'static Right> {
    RIGHTS.iter().find(|(id, ..)| *id == operation)
}

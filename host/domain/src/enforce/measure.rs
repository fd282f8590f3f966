//! What a measure does, and what all that are in force add up to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::fact::words;

words!(/** What is done. */ Kind {
    Notice = "notice", Warning = "warning", AskPlanOfAction = "ask-plan-of-action", Restrict = "restrict", Suspend = "suspend",
    Terminate = "terminate", CapOrders = "cap-orders", HoldPayouts = "hold-payouts", PullListing = "pull-listing",
    RestoreListing = "restore-listing", Reinstate = "reinstate", AwardBadge = "award-badge", RevokeBadge = "revoke-badge",
});

words!(/** Who brought a measure about. */ Origin { Rules = "rules", Person = "person", Cord = "cord" });

/// Who acts when only time has passed.
pub const TIME: &str = "andon";

/// Whether whoever acts is a person, and neither rules nor time.
pub fn is_person(actor: &str) -> bool {
    actor != TIME && !actor.starts_with("rules:")
}

/// Who decided what `author` opened and others agreed to, `agreed` last: the author where that is a person, and else who agreed.
pub fn decided_by<'a>(author: &'a str, agreed: Option<&'a str>) -> &'a str {
    agreed.filter(|_| !is_person(author)).unwrap_or(author)
}

words!(/** How far a merchant's account is open, widest first. */ Account {
    Active = "active", Restricted = "restricted", Suspended = "suspended", Terminated = "terminated",
});

impl Kind {
    /// Whether it takes something from the merchant, so that grace, protection and appeal apply.
    pub fn weighs(self) -> bool {
        use Kind::{CapOrders, HoldPayouts, PullListing, Restrict, RevokeBadge, Suspend, Terminate};
        matches!(self, Restrict | Suspend | Terminate | CapOrders | HoldPayouts | PullListing | RevokeBadge)
    }

    /// Whether it narrows the account itself: a merchant is reinstated when a person ends the last such measure.
    pub fn narrows(self) -> bool {
        matches!(self, Self::Restrict | Self::Suspend | Self::Terminate)
    }

    /// Whether it is in force until something ends it; the others are done the moment they are carried out.
    pub fn lasts(self) -> bool {
        !matches!(self, Self::Notice) && !self.lifts_others()
    }

    /// Whether all it does is to end other measures.
    pub fn lifts_others(self) -> bool {
        matches!(self, Self::Reinstate | Self::RestoreListing | Self::RevokeBadge)
    }

    /// Whether a measure of this kind that rules brought about ends as soon as they no longer propose it. What the contract has an
    /// action of its own to end stays until that is proposed or a person ends it, and a termination until it is reversed.
    pub fn follows_rules(self) -> bool {
        matches!(self, Self::Warning | Self::AskPlanOfAction | Self::CapOrders | Self::HoldPayouts)
    }

    /// Whether a merchant must have been warned for a while before it may happen by itself.
    pub fn needs_grace(self) -> bool {
        matches!(self, Self::Restrict | Self::Suspend | Self::Terminate | Self::CapOrders | Self::HoldPayouts)
    }

    /// Whether it is about something of the merchant's: a listing or a badge.
    pub fn has_object(self) -> bool {
        matches!(self, Self::PullListing | Self::RestoreListing | Self::AwardBadge | Self::RevokeBadge)
    }
}

/// A measure, whoever takes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Measure {
    /// What is done.
    pub kind: Kind,
    /// The listing's reference or the badge's code; empty where it is about the account.
    pub object: String,
    /// Orders a day, for a cap.
    pub amount: Option<u32>,
}

impl Measure {
    /// One about the account that needs nothing more said.
    pub fn of(kind: Kind) -> Self {
        Self { kind, object: String::new(), amount: None }
    }

    /// One about a listing or a badge.
    pub fn about(kind: Kind, object: &str) -> Self {
        Self { kind, object: object.to_owned(), amount: None }
    }

    /// Whether it is the same measure, be it by another amount. At most one of them is open for each origin.
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.object == other.object
    }

    /// Whether it ends `other`, which `origin` brought about, where `by` takes it. Rules end only what rules did, and a pulled cord has
    /// a release of its own.
    pub fn lifts(&self, by: Origin, other: &Self, origin: Origin) -> bool {
        use Kind::{AwardBadge, CapOrders, HoldPayouts, PullListing, Reinstate, RestoreListing, Restrict, RevokeBadge, Suspend};
        let ended = match self.kind {
            Reinstate => matches!(other.kind, Restrict | Suspend | CapOrders | HoldPayouts),
            RestoreListing => other.kind == PullListing && other.object == self.object,
            RevokeBadge => other.kind == AwardBadge && other.object == self.object,
            _ => false,
        };
        ended && origin != Origin::Cord && (by != Origin::Rules || origin == Origin::Rules)
    }
}

/// What holds for a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// How far the account is open.
    pub account: Account,
    /// Orders a day at most.
    pub order_cap: Option<u32>,
    /// Whether payouts are held.
    pub payouts_held: bool,
    /// Codes of badges borne.
    pub badges: BTreeSet<String>,
    /// References of listings off sale.
    pub listings_pulled: BTreeSet<String>,
}

/// Why a measure cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The account is terminated; only reversing that opens it again.
    #[error("the account is terminated, which only a reversal undoes")]
    Terminated,
    /// There is nothing that it would end.
    #[error("there is nothing in force that it would end")]
    NothingToLift,
    /// It is in force already.
    #[error("it is in force already")]
    InForce,
    /// Badges are for accounts that are open.
    #[error("the account is not active")]
    NotActive,
}

impl Effect {
    /// What measures in force add up to: the account as narrow as the narrowest has it, the lowest cap, all listings and badges.
    pub fn of<'a>(in_force: impl IntoIterator<Item = &'a Measure>) -> Self {
        let mut effect = Self::default();
        for measure in in_force {
            match measure.kind {
                Kind::Restrict => effect.account = effect.account.max(Account::Restricted),
                Kind::Suspend => effect.account = effect.account.max(Account::Suspended),
                Kind::Terminate => effect.account = Account::Terminated,
                Kind::CapOrders => effect.order_cap = effect.order_cap.into_iter().chain(measure.amount).min(),
                Kind::HoldPayouts => effect.payouts_held = true,
                Kind::PullListing => drop(effect.listings_pulled.insert(measure.object.clone())),
                Kind::AwardBadge => drop(effect.badges.insert(measure.object.clone())),
                // What is only said, and what only ends others.
                Kind::Notice
                | Kind::Warning
                | Kind::AskPlanOfAction
                | Kind::RestoreListing
                | Kind::Reinstate
                | Kind::RevokeBadge => {}
            }
        }
        effect
    }

    /// Whether a measure may be taken as things are.
    pub fn admits(&self, measure: &Measure) -> Result<(), Illegal> {
        let refuse = |illegal: bool, why: Illegal| if illegal { Err(why) } else { Ok(()) };
        if self.account == Account::Terminated {
            return Err(Illegal::Terminated);
        }
        let is_narrowed = self.account != Account::Active || self.order_cap.is_some() || self.payouts_held;
        match measure.kind {
            Kind::Reinstate => refuse(!is_narrowed, Illegal::NothingToLift),
            Kind::RestoreListing => refuse(!self.listings_pulled.contains(&measure.object), Illegal::NothingToLift),
            Kind::RevokeBadge => refuse(!self.badges.contains(&measure.object), Illegal::NothingToLift),
            Kind::AwardBadge if self.badges.contains(&measure.object) => Err(Illegal::InForce),
            Kind::AwardBadge => refuse(self.account != Account::Active, Illegal::NotActive),
            _ => Ok(()),
        }
    }
}

impl Default for Effect {
    fn default() -> Self {
        let (badges, listings_pulled) = Default::default();
        Self { account: Account::Active, order_cap: None, payouts_held: false, badges, listings_pulled }
    }
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;

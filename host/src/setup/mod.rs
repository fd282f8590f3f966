//! What operators set up: marketplaces, and the generations of rules that judge in them. Everything is checked here, and nothing
//! is half done.

mod backtests;
mod generations;
mod market;
mod restore;
mod webhooks;

use std::collections::BTreeMap;

use andon_domain::calendar::Calendar;
use andon_domain::enforce::measure::Kind;
use andon_domain::enforce::policy::{Mode, Policy};
use andon_domain::ids::check_code;
use andon_domain::rollout::Refusal;

use crate::markets::{ClockKind, Override};
use crate::pipeline::changes::ChangeError;
use crate::pipeline::ingest::IngestError;
use crate::registry::RegistryError;
use crate::rules::ConfigureError;
use crate::store::StoreError;

pub use backtests::WantedBacktest;
pub use generations::Wanted;
pub(crate) use restore::restore;
pub use webhooks::{NewMessage, WebhookError, WebhookSetup};

/// Why a marketplace was not set up or changed.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// A field cannot be what it was given as.
    #[error("{field} `{value}` {why}")]
    Field {
        /// Which.
        field: String,
        /// The value.
        value: String,
        /// What is wrong.
        why: String,
    },
    /// The code is taken.
    #[error("there is a marketplace `{0}` already")]
    Taken(String),
    /// No such marketplace.
    #[error("there is no marketplace `{0}`")]
    Unknown(String),
    /// What its generations are for does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// As much is asked as may wait.
    #[error("too many backtests are waiting")]
    Waiting,
    /// The rules failed over the settings.
    #[error(transparent)]
    Configure(#[from] ConfigureError),
    /// The rules could not be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] IngestError),
}

impl From<ChangeError> for MarketError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown(code) => Self::Unknown(code),
            ChangeError::Refused(refusal) => Self::Refused(refusal),
            ChangeError::Store(error) => Self::Store(error),
            ChangeError::Write(error) => Self::Write(error),
        }
    }
}

/// A marketplace to set up.
#[derive(Debug, Clone)]
pub struct NewMarket {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
    /// BCP 47 tag.
    pub locale: String,
    /// What it takes for "now".
    pub clock: ClockKind,
    /// What may change later.
    pub rules: RulesSetup,
}

/// What an operator may change at any time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RulesSetup {
    /// Rules by name, with `@version` to pin one.
    pub rules: Option<String>,
    /// Settings for the rules.
    pub settings: BTreeMap<String, String>,
    /// Figures by metric.
    pub overrides: BTreeMap<String, Override>,
    /// Modes by action.
    pub action_modes: BTreeMap<String, String>,
    /// What holds whatever rules propose.
    pub policy: Policy,
    /// Days of notice before announced rules, 0 to 365; [`crate::markets::NOTICE_DAYS`] where none are set.
    pub notice_days: Option<u16>,
}

fn words<T>(all: &[(T, &str)]) -> String {
    all.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

fn field(field: &str, value: &str, why: impl ToString) -> MarketError {
    MarketError::Field { field: field.to_owned(), value: value.chars().take(64).collect(), why: why.to_string() }
}

fn check(new: &NewMarket) -> Result<(), MarketError> {
    check_code(&new.code).map_err(|e| field("code", &new.code, e))?;
    if new.name.trim().is_empty() || new.name.len() > 200 {
        return Err(field("name", &new.name, "must be 1 to 200 bytes"));
    }
    if new.currency.len() != 3 || !new.currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(field("currency", &new.currency, "must be three capital letters, as in ISO 4217"));
    }
    if Calendar::of(&new.time_zone).is_none() {
        return Err(field("time_zone", &new.time_zone, "is not an IANA time zone"));
    }
    if new.locale.is_empty() || new.locale.len() > 35 {
        return Err(field("locale", &new.locale, "is not a language tag"));
    }
    check_rules(&new.rules)
}

fn check_rules(setup: &RulesSetup) -> Result<(), MarketError> {
    if let Some(days) = setup.notice_days.filter(|days| *days > 365) {
        return Err(field("notice_days", &days.to_string(), "must be 0 to 365"));
    }
    for (action, mode) in &setup.action_modes {
        if Kind::of_word(action).is_none() {
            return Err(field("action_modes", action, format!("is no action; there are {}", words(Kind::ALL))));
        }
        if Mode::of_word(mode).is_none() {
            return Err(field(&format!("action_modes.{action}"), mode, format!("must be one of {}", words(Mode::ALL))));
        }
    }
    setup.policy.check().map_err(|e| field(&format!("policy.{}", e.field), &e.value, e.why))
}

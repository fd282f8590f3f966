//! Plugins as people see them: a registered component, who is judged by it, and what may be done about it.

use std::sync::Arc;

use andon_domain::rollout::State;

use crate::app::App;
use crate::ledger::Cause;
use crate::markets::{Generation, Markets};
use crate::store::StoreError;
use crate::store::components::{ComponentRow, Hold, Withheld};

/// How a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginState {
    /// Pushed, and used nowhere.
    Draft,
    /// Runs beside the rules in force and moves nothing.
    Shadow,
    /// Judges a marketplace.
    Active,
    /// Its time is over.
    Retired,
    /// It is not trusted, and not asked.
    Quarantined,
    /// It cannot be run here.
    Broken,
}

impl PluginState {
    /// The word that names it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shadow => "shadow",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Quarantined => "quarantined",
            Self::Broken => "broken",
        }
    }
}

/// Which marketplaces use a component, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// All or some of whose merchants are judged by it.
    pub active: Vec<String>,
    /// That it is built, watched, announced or kept for.
    pub shadow: Vec<String>,
}

impl Usage {
    /// The usage of a component.
    pub fn of(markets: &Markets, digest: &str) -> Self {
        let mut usage = Self::default();
        for market in markets.list() {
            let of_it = |generation: &&Arc<Generation>| generation.judge.digest() == digest;
            let rolling = market.beside.iter().filter(|b| b.entry.state == State::RollingOut).map(|b| &b.generation);
            if market.generation.iter().chain(rolling).any(|g| of_it(&g)) {
                usage.active.push(market.code.clone());
            } else if market.tallied().any(|g| of_it(&g)) {
                usage.shadow.push(market.code.clone());
            }
        }
        usage
    }

    /// How a component that is used so stands.
    pub fn state(&self, row: &ComponentRow) -> PluginState {
        match &row.withheld {
            Some(Withheld { hold: Hold::Quarantined, .. }) => PluginState::Quarantined,
            Some(Withheld { hold: Hold::Retired, .. }) => PluginState::Retired,
            None if row.error.is_some() => PluginState::Broken,
            None if !self.active.is_empty() => PluginState::Active,
            None if !self.shadow.is_empty() => PluginState::Shadow,
            None => PluginState::Draft,
        }
    }
}

/// Why nothing was done about a plugin.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// There is no such version.
    #[error("there is no {0}@{1}")]
    Unknown(String, String),
    /// It judges somebody, or is tried out on them.
    #[error("it is used in {}; activate another version there first", .0.join(", "))]
    InUse(Vec<String>),
    /// It is so already, or not what is to be undone.
    #[error("it is {0}")]
    State(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// A version, as it stands now.
    pub async fn plugin(&self, name: &str, version: &str) -> Result<ComponentRow, PluginError> {
        let row = self.registry.row(name, version).await?;
        row.ok_or_else(|| PluginError::Unknown(name.to_owned(), version.to_owned()))
    }

    /// Withholds a version: a retired one must not be in use, a quarantined one is no longer asked wherever it is.
    pub async fn withhold_plugin(&self, name: &str, version: &str, held: Withheld) -> Result<ComponentRow, PluginError> {
        // A quarantine waits for nobody.
        let _no_activation_meanwhile = if held.hold == Hold::Retired { Some(self.changes.turn().await) } else { None };
        let row = self.plugin(name, version).await?;
        if held.hold == Hold::Retired {
            if let Some(Withheld { hold: Hold::Quarantined, .. }) = row.withheld {
                return Err(PluginError::State(Hold::Quarantined.word()));
            }
            let Usage { active, shadow } = Usage::of(&self.markets, &row.digest);
            let used = [active, shadow].concat();
            if !used.is_empty() {
                return Err(PluginError::InUse(used));
            }
        }
        if !self.registry.withhold(&row.digest, &held).await? {
            return Err(PluginError::State(held.hold.word()));
        }
        self.plugin(name, version).await
    }

    /// Puts a retired or quarantined version back in use. Whoever waits for its verdicts is judged at once.
    pub async fn release_plugin(&self, name: &str, version: &str, cause: Cause) -> Result<ComponentRow, PluginError> {
        let row = self.plugin(name, version).await?;
        if !self.registry.release(&row.digest, cause).await? {
            return Err(PluginError::State(Usage::of(&self.markets, &row.digest).state(&row).word()));
        }
        self.wake();
        self.plugin(name, version).await
    }
}

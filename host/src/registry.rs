//! Rules by name and digest: admitted once, kept in the database for good, compiled once a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use andon_domain::ids::Instant;

use crate::rules::{Engine, Refusal, Rules};
use crate::store::components::ComponentRow;
use crate::store::{Store, StoreError};

/// Why rules could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The component was not admitted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No component of this name (and version).
    #[error("no rules named {0} are installed")]
    Unknown(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The compiling thread was lost.
    #[error("compiling was interrupted")]
    Interrupted,
}

/// All rules of this host.
pub struct Registry {
    engine: Arc<Engine>,
    store: Arc<Store>,
    compiled: Mutex<HashMap<String, Arc<Rules>>>,
}

impl Registry {
    /// Over a store and an engine.
    pub fn new(engine: Arc<Engine>, store: Arc<Store>) -> Self {
        Self { engine, store, compiled: Mutex::default() }
    }

    /// Whether deadlines of rules are being watched; without that one plugin could hold everybody up.
    pub fn is_watched(&self) -> bool {
        self.engine.is_watched()
    }

    /// Admits a component and keeps it; the same bytes twice are the same rules.
    pub async fn add(&self, component: Vec<u8>, now: Instant) -> Result<Arc<Rules>, RegistryError> {
        let (rules, component) = self.compile(component).await?;
        let manifest = rules.manifest();
        let row =
            ComponentRow { digest: rules.digest().to_owned(), name: manifest.name.clone(), version: manifest.version.clone() };
        self.store.keep_component(&row, &component, now).await?;
        Ok(rules)
    }

    /// The rules of a digest.
    pub async fn by_digest(&self, digest: &str) -> Result<Arc<Rules>, RegistryError> {
        if let Some(rules) = self.compiled().get(digest) {
            return Ok(rules.clone());
        }
        let component = self.store.component(digest).await?.ok_or_else(|| RegistryError::Unknown(digest.to_owned()))?;
        Ok(self.compile(component).await?.0)
    }

    /// The rules of a name, the last added; `name@version` pins the version.
    pub async fn by_name(&self, name: &str) -> Result<Arc<Rules>, RegistryError> {
        let (plain, version) = name.split_once('@').map_or((name, None), |(n, v)| (n, Some(v)));
        let rows = self.store.components_named(plain).await?;
        let row = rows.into_iter().find(|r| version.is_none_or(|v| v == r.version));
        self.by_digest(&row.ok_or_else(|| RegistryError::Unknown(name.to_owned()))?.digest).await
    }

    async fn compile(&self, component: Vec<u8>) -> Result<(Arc<Rules>, Vec<u8>), RegistryError> {
        let engine = self.engine.clone();
        let admit = move || engine.admit(&component).map(|rules| (rules, component));
        let (rules, component) = tokio::task::spawn_blocking(admit).await.map_err(|_| RegistryError::Interrupted)??;
        let rules = self.compiled().entry(rules.digest().to_owned()).or_insert(rules).clone();
        Ok((rules, component))
    }

    fn compiled(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Rules>>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

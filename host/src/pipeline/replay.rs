//! A verdict again: the stored input through the archived component with the settings of its day.

use andon_domain::verdict::Verdict;

use crate::app::App;
use crate::registry::RegistryError;
use crate::rules::{ConfigureError, PluginFault};
use crate::store::StoreError;
use crate::store::verdicts::VerdictRow;

/// Why a verdict could not be played again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store failed, or the verdict's generation is gone.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The component could not be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The settings of its day are refused now.
    #[error(transparent)]
    Configure(#[from] ConfigureError),
    /// The rules failed this time.
    #[error(transparent)]
    Fault(#[from] PluginFault),
}

/// A verdict beside what the same input gives now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Digest of the component that was asked.
    pub component: String,
    /// Digest of the settings it was asked with.
    pub settings: String,
    /// What it says now.
    pub again: Verdict,
    /// Whether that is what it said then, bit for bit.
    pub equal: bool,
}

/// Asks the component that gave a verdict for it again.
pub async fn replay(app: &App, verdict: &VerdictRow) -> Result<Replay, ReplayError> {
    let generation = app.store.generation(verdict.generation).await?;
    let gone = || StoreError::Inconsistent {
        table: "generations",
        row: verdict.generation.to_string(),
        what: "a verdict names it".into(),
    };
    let generation = generation.ok_or_else(gone)?;
    let rules = app.registry.by_digest(&generation.component).await?;
    let settings: Vec<(String, String)> = generation.settings.into_iter().collect();
    let (component, input, output) = (generation.component, verdict.input.clone(), verdict.output.clone());
    let again = tokio::task::spawn_blocking(move || {
        let judge = rules.configure(&settings)?;
        let mut verdicts = judge.evaluate(&[input])?;
        let again = verdicts.pop().ok_or_else(|| StoreError::Driver("the rules gave no verdict".into()))?;
        Ok::<_, ReplayError>(Replay { component, settings: generation.settings_digest, equal: again == output, again })
    });
    again.await.unwrap_or_else(|e| Err(StoreError::Driver(e.to_string()).into()))
}

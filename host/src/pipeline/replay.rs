//! A verdict again: the stored input through the archived component with the settings of its day. Asked for by name, or of a sample
//! of all verdicts, where a difference means that the rules cannot be trusted.

use std::collections::BTreeMap;

use andon_domain::ids::Instant;
use andon_domain::verdict::{Snapshot, Verdict};
use uuid::Uuid;

use crate::app::App;
use crate::markets::Generation;
use crate::registry::RegistryError;
use crate::rules::{ConfigureError, Judge, PluginFault};
use crate::store::session::Told;
use crate::store::verdicts::VerdictRow;
use crate::store::{Session, StoreError};

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
pub struct Replay {
    /// The component that was asked and the settings it was asked with.
    pub generation: Generation,
    /// What it says now.
    pub again: Verdict,
    /// Whether that is what it said then, bit for bit.
    pub equal: bool,
}

/// Asks the component that gave a verdict for it again, quarantined or not.
pub async fn replay(app: &App, verdict: &VerdictRow) -> Result<Replay, ReplayError> {
    let generation = app.store.generation(verdict.generation).await?;
    let gone = || StoreError::Inconsistent {
        table: "generations",
        row: verdict.generation.to_string(),
        what: "a verdict names it".into(),
    };
    let generation = generation.ok_or_else(gone)?;
    let rules = app.registry.by_digest(&generation.component).await?;
    let settings: Vec<(String, String)> = generation.settings.clone().into_iter().collect();
    let judge = blocking(move || Ok(rules.resume(&settings)?)).await?;
    let (asked, input, turn) = (judge.clone(), verdict.input.clone(), judge.gate().replay().await?);
    let again = blocking(move || {
        let _turn = turn;
        Ok(alone(&asked, input)?)
    });
    let again = again.await?;
    // The stored readings were judged by the figures of their day, so that those of today do not matter.
    let generation = Generation::new(verdict.generation, generation.rules, generation.settings, judge, &BTreeMap::new());
    Ok(Replay { generation, equal: again == verdict.output, again })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ReplayError> + Send + 'static) -> Result<T, ReplayError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(StoreError::Driver(e.to_string()).into()))
}

/// Which of new verdicts are played again: as many as the gate says, by their ids, which no plugin knows beforehand.
pub(super) fn sample(generation: &Generation, verdicts: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let one_in = u128::from(generation.judge.gate().protection().replay_one_in);
    verdicts.filter(|id| one_in > 0 && id.as_u128() % one_in == 0).collect()
}

/// Plays verdicts of a moment again, each alone, from what is stored of them. Rules that say anything else this time are quarantined.
pub(super) fn play_again(
    session: &mut dyn Session,
    generation: &Generation,
    at: Instant,
    verdicts: &[Uuid],
) -> Result<(), StoreError> {
    if verdicts.is_empty() {
        return Ok(());
    }
    let told = session.verdicts(&verdicts.iter().copied().map(Some).collect::<Vec<_>>())?;
    for (id, told) in verdicts.iter().zip(told) {
        let told = told.ok_or_else(|| StoreError::undecodable("verdicts", id))?;
        metrics::counter!("andon_replays_total").increment(1);
        if let Some(why) = difference(&generation.judge, at, &told).map_err(|()| StoreError::undecodable("verdicts", id))? {
            let rules = &generation.manifest().name;
            metrics::counter!("andon_plugin_faults_total", "rules" => rules.clone(), "code" => "E_NONDET").increment(1);
            generation.judge.gate().quarantine(&format!("E_NONDET: verdict {id}, played again, {why}"));
        }
    }
    Ok(())
}

/// How what the rules say now differs from what they said. They are asked about one merchant now and were about many then, so that
/// running out of anything says nothing of them.
fn difference(judge: &Judge, at: Instant, (_, input, output): &Told) -> Result<Option<String>, ()> {
    let input: Snapshot = postcard::from_bytes(input).map_err(drop)?;
    let then: Verdict = postcard::from_bytes(output).map_err(drop)?;
    Ok(match alone(judge, Snapshot { now: at, ..input }) {
        Ok(again) if again == then => None,
        Ok(again) => Some(format!(
            "gives score {} and standing {}, not {} and {}, or other reasons or proposals",
            again.score, again.standing, then.score, then.standing
        )),
        Err(fault @ (PluginFault::Trap(_) | PluginFault::Output { .. } | PluginFault::Declared(_))) => {
            Some(format!("fails: {fault}"))
        }
        Err(fault) => {
            tracing::warn!(rules = judge.digest(), "a verdict could not be played again: {fault}");
            None
        }
    })
}

fn alone(judge: &Judge, input: Snapshot) -> Result<Verdict, PluginFault> {
    let verdict = judge.evaluate(&[input])?.pop();
    verdict.ok_or_else(|| PluginFault::Unavailable("there was no verdict".to_owned()))
}

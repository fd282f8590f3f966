//! The rules that come with the host, built to wasm where they lie and installed. Where they do not lie those installed have to do.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::plugin::project::{Project, RUST, TYPESCRIPT};
use super::spinner;
use crate::app::App;
use crate::registry::RegistryError;
use crate::rules::Rules;

/// The rules of a name: those installed, or else those bundled, which are then built and installed.
pub async fn ensure(app: &App, name: &str) -> anyhow::Result<Arc<Rules>> {
    match app.registry.by_name(name).await {
        Err(RegistryError::Unknown(_)) => install(app, name).await,
        other => other.with_context(|| format!("rules {name}")),
    }
}

/// Builds bundled rules as they stand and installs them; unchanged ones are neither built nor added again. Away from where they lie,
/// gives those installed.
pub async fn install(app: &App, name: &str) -> anyhow::Result<Arc<Rules>> {
    let Some(directory) = find(name) else {
        return match app.registry.by_name(name).await {
            Err(RegistryError::Unknown(_)) => {
                bail!(
                    "the rules {name} are not installed, nor here to be built; run this once from within a checkout, with the same home"
                )
            }
            other => other.with_context(|| format!("rules {name}")),
        };
    };
    tracing::info!("building the rules {name}");
    let component = tokio::task::spawn_blocking(move || Project::at(&directory)?.component()).await??;
    let spinner = spinner(format!("Admitting the rules {name}"));
    let rules = match app.registry.add(component, app.clock.now()).await {
        Err(RegistryError::Taken(what)) => {
            tracing::warn!("{what} is installed with other bytes, which are used; a change to rules needs a version of its own");
            app.registry.by_name(&what).await
        }
        other => other,
    };
    spinner.finish_and_clear();
    rules.with_context(|| format!("the rules {name} are refused"))
}

/// Whether bundled rules are here to be built.
pub fn is_here(name: &str) -> bool {
    find(name).is_some()
}

/// Where these rules lie, looked for upwards from where the command is run and from where the binary lies.
fn find(name: &str) -> Option<PathBuf> {
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    let mut places = starts.iter().flatten().flat_map(|start| start.ancestors()).map(|dir| dir.join("plugins").join(name));
    places.find(|place| [RUST, TYPESCRIPT].iter().any(|file| place.join(file).is_file()))
}

//! The rules that come with the host, built to wasm where they lie and installed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::ProgressBar;

use crate::app::App;
use crate::registry::RegistryError;
use crate::rules::{Rules, build};

/// What tells a directory of rules, and their language.
const RUST: &str = "Cargo.toml";
const TYPESCRIPT: &str = "package.json";

/// The rules of a name: those installed, or else those bundled, which are then built and installed.
pub async fn ensure(app: &App, name: &str) -> anyhow::Result<Arc<Rules>> {
    match app.registry.by_name(name).await {
        Err(RegistryError::Unknown(_)) if find(name).is_some() => install(app, name).await,
        other => other.with_context(|| format!("rules {name}")),
    }
}

/// Builds bundled rules as they stand and installs them; unchanged ones are neither built nor added again.
pub async fn install(app: &App, name: &str) -> anyhow::Result<Arc<Rules>> {
    let Some(checkout) = find(name) else {
        bail!("no rules named {name} are bundled here; run this from within a checkout");
    };
    tracing::info!("building the rules {name}");
    let spinner = ProgressBar::new_spinner().with_message(format!("Building the rules {name}"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let (package, plugin, told) = (format!("andon-{name}"), checkout.join("plugins").join(name), spinner.clone());
    let component = tokio::task::spawn_blocking(move || {
        let progress = |line: &str| told.set_message(line.trim().to_owned());
        if plugin.join(TYPESCRIPT).is_file() {
            return build::typescript(&plugin, &progress);
        }
        build::build(&checkout, &package, &progress)
    });
    let component = component.await?.with_context(|| format!("the rules {name} cannot be built"))?;
    spinner.set_message(format!("Admitting the rules {name}"));
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

/// The checkout that bundles these rules, looked for upwards from where the command is run and from where the binary lies.
fn find(name: &str) -> Option<PathBuf> {
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    let bundles = |dir: &&Path| [RUST, TYPESCRIPT].iter().any(|file| dir.join("plugins").join(name).join(file).is_file());
    starts.iter().flatten().flat_map(|start| start.ancestors()).find(bundles).map(Path::to_owned)
}

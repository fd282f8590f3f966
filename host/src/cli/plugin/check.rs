//! `andon plugin check`: what a host would say of a component, before it is asked to.

use indicatif::HumanBytes;
use serde_json::json;

use super::failure::{Refused, told};
use super::project::{Inspector, Source};

/// What to check.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// The outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Checks, prints what the rules are, and fails with all that a host would refuse.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    told(args.json, check(args)).await
}

async fn check(args: &Args) -> anyhow::Result<()> {
    let component = args.source.project()?.component()?;
    let rules = Inspector::new()?.admit(&component).await?;
    // A marketplace that sets nothing must get rules that take their own defaults.
    rules.configure(&[]).map_err(Refused::from)?;
    let manifest = rules.manifest();
    let about = json!({
        "accepted": true, "name": manifest.name, "version": manifest.version, "marketplace": manifest.marketplace,
        "digest": rules.digest(), "bytes": component.len(), "counters": manifest.counters.len(), "metrics": manifest.metrics.len(),
        "standings": manifest.standings.len(), "settings": manifest.settings.len(),
    });
    let words = format!(
        "{} {} for {}: {} counters, {} metrics, {} standings, {} settings\n{}, {}\nA host would take it.",
        manifest.name,
        manifest.version,
        manifest.marketplace,
        manifest.counters.len(),
        manifest.metrics.len(),
        manifest.standings.len(),
        manifest.settings.len(),
        HumanBytes(component.len() as u64),
        rules.digest(),
    );
    if args.json {
        println!("{about:#}");
    } else {
        println!("{words}");
    }
    Ok(())
}

//! `andon plugin check`: what a host would say of a component, before it is asked to.

use indicatif::HumanBytes;
use serde_json::json;

use super::project::{Inspector, Source, refusal};
use crate::rules::ConfigureError;

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
    let component = args.source.project()?.component()?;
    let rules = match Inspector::new()?.admit(&component).await? {
        Ok(rules) => rules,
        Err(refused) => {
            let problems: Vec<_> = refused.problems().iter().map(|p| json!({"field": p.field, "reason": p.reason})).collect();
            args.tell(&json!({"accepted": false, "code": refused.code(), "problems": problems}), "");
            return Err(refusal(&refused));
        }
    };
    // A marketplace that sets nothing must get rules that take their own defaults.
    if let Err(error) = rules.configure(&[]) {
        let (field, reason) = match &error {
            ConfigureError::Setting { key, why } => (format!("settings.{key}.default"), why.clone()),
            ConfigureError::Fault(fault) => ("configure".to_owned(), fault.to_string()),
        };
        args.tell(&json!({"accepted": false, "code": "E_CONFIGURE", "problems": [{"field": &field, "reason": &reason}]}), "");
        anyhow::bail!("a host would take it, but no marketplace could use it with its defaults:\n  {field} {reason}");
    }
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
    args.tell(&about, &words);
    Ok(())
}

impl Args {
    /// Prints the one or the other; no words are no line.
    fn tell(&self, json: &serde_json::Value, words: &str) {
        if self.json {
            println!("{json:#}");
        } else if !words.is_empty() {
            println!("{words}");
        }
    }
}

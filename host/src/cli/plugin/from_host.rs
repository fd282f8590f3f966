//! `andon plugin test --from-host`: a merchant's recorded facts become a case, so that a complaint becomes a test. The host hashes
//! every reference before it gives facts out.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use reqwest::Method;

use super::host::Host;
use crate::cases::{self, CaseFile};
use crate::cli::spinner;
use crate::rules::Rules;

/// Whose facts to take, and what to call the case.
#[derive(Debug, clap::Args)]
pub struct FromHost {
    /// Take a merchant's facts from a host and make a case of them, with what these rules answer for what is expected
    #[arg(long, value_name = "MARKETPLACE/MERCHANT", conflicts_with_all = ["update", "watch", "filter", "json"])]
    from_host: Option<String>,
    /// With --from-host: the facts as they were known at this moment, RFC 3339
    #[arg(long, value_name = "TIME", requires = "from_host")]
    as_of: Option<String>,
    /// With --from-host: leave out what began before this moment, RFC 3339
    #[arg(long, value_name = "TIME", requires = "from_host")]
    since: Option<String>,
    /// With --from-host: name of the case's file
    #[arg(long, default_value = "from-host", requires = "from_host")]
    name: String,
    #[command(flatten)]
    host: Host,
}

/// A case as the host gave it.
pub struct Snapshot {
    text: String,
    name: String,
}

impl FromHost {
    /// Asks the host, where it is to be asked.
    pub async fn fetch(&self) -> anyhow::Result<Option<Snapshot>> {
        let Some(whom) = &self.from_host else { return Ok(None) };
        let (marketplace, merchant) = whom.split_once('/').context("--from-host must be MARKETPLACE/MERCHANT")?;
        let request = self.host.request(Method::GET, &["v1", "marketplaces", marketplace, "merchants", merchant, "snapshot"])?;
        let moments = [("as_of", &self.as_of), ("since", &self.since)];
        let query: Vec<_> = moments.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))).collect();
        let spinner = spinner(format!("Asking for the facts of {whom}"));
        let text = self.host.send(request.query(&query)).await;
        spinner.finish_and_clear();
        Ok(Some(Snapshot { text: text?, name: self.name.clone() }))
    }
}

/// Writes the case with what `rules` answer for what is expected. A case that is there already is not written over.
pub fn keep(snapshot: &Snapshot, directory: &Path, rules: &Arc<Rules>) -> anyhow::Result<()> {
    let path = directory.join(format!("{}.json", snapshot.name));
    if path.exists() {
        bail!("{} is there already; choose another --name", path.display());
    }
    let snapshot = CaseFile::from_host(&snapshot.text, rules.manifest());
    let (mut file, left_out) = snapshot.context("the host's snapshot is no case for this version")?;
    let answer = cases::run(rules, &file.cases[0])?;
    file.accept(0, &answer);
    std::fs::create_dir_all(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
    std::fs::write(&path, file.text()).with_context(|| format!("{} cannot be written", path.display()))?;
    let shown = path.display();
    match answer.error() {
        // A case that expects only this passes, and tests nothing of what the rules make of the facts.
        Some(error) => println!("{shown} holds the facts, but these rules answer only an error to them: {error}"),
        None => {
            println!("{shown} holds the facts, and what these rules make of them now. Change what is expected to what is right.");
        }
    }
    if !left_out.is_empty() {
        println!("These rules do not declare, and the case leaves out: {}.", left_out.join(", "));
    }
    Ok(())
}

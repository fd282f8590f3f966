//! `andon replay`: one verdict again, with the component and settings that gave it.

use std::sync::Arc;

use anyhow::{Context, bail};
use uuid::Uuid;

use crate::app::App;
use crate::pipeline::replay;

/// Which verdict.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id.
    verdict: Uuid,
}

/// Replays, prints the outcome, and fails where it differs.
pub async fn run(app: &Arc<App>, args: Args) -> anyhow::Result<()> {
    let verdict = app.store.verdict(args.verdict).await?.with_context(|| format!("there is no verdict {}", args.verdict))?;
    let replay = replay::replay(app, &verdict).await?;
    println!("component {}, settings {}", replay.component, replay.settings);
    if replay.equal {
        println!("equal, bit for bit");
        return Ok(());
    }
    bail!("different\nthen: {:?}\nnow:  {:?}", verdict.output, replay.again);
}

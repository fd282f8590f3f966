//! `andon replay`: one verdict again, with the component and settings that gave it.

use std::sync::Arc;

use anyhow::{Context, bail};
use uuid::Uuid;

use crate::app::App;
use crate::http::health::Voice;
use crate::http::verdicts::replay::differences;
use crate::pipeline::{listings, replay};

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
    let (generation, judge) = (&replay.generation, &replay.generation.judge);
    println!("component {}, settings {}", judge.digest(), judge.settings_digest());
    if replay.equal {
        println!("equal, bit for bit");
        return Ok(());
    }
    let market = app.markets.by_id(verdict.marketplace).context("its marketplace is gone")?;
    let (voice, verdicts) = (Voice { generation, locale: &market.locale }, [&verdict.output, &replay.again]);
    let listings = listings::of(&app.store, &market, (generation.id, verdict.merchant), &verdicts).await?;
    for difference in differences(&voice, &listings, verdicts)? {
        println!("{}\n  then: {}\n  now:  {}", difference.field, difference.stored, difference.replayed);
    }
    bail!("the rules conclude something else now");
}

//! `andon verify`: reads every raw event again and says whether facts and tallies are exactly what they add up to.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use indicatif::{HumanCount, ProgressBar};

use crate::app::App;
use crate::pipeline::rebuild;

/// What to verify.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Code of the marketplace; all of them where none is named.
    #[arg(long)]
    marketplace: Option<String>,
}

/// Verifies, prints what was read, and fails where anything does not agree.
pub async fn run(app: &Arc<App>, args: Args) -> anyhow::Result<()> {
    let mut markets = app.markets.list();
    if let Some(code) = args.marketplace {
        markets.retain(|m| m.code == code);
        if markets.is_empty() {
            bail!("there is no marketplace {code}");
        }
    }
    let mut bad = 0;
    for market in markets {
        let spinner = ProgressBar::new_spinner().with_message(format!("Reading {} again", market.code));
        spinner.enable_steady_tick(Duration::from_millis(100));
        let audit = rebuild::audit(&app.store, market.clone()).await?;
        spinner.finish_and_clear();
        let (events, subjects) = (HumanCount(audit.events as u64), HumanCount(audit.subjects as u64));
        match audit.differences.first() {
            None => println!("{}: {events} events, {subjects} subjects: all agree", market.code),
            Some(first) => println!(
                "{}: {events} events, {subjects} subjects: {} differences; the first: {first}",
                market.code,
                audit.differences.len()
            ),
        }
        bad += audit.differences.len();
    }
    if bad > 0 {
        bail!("the books do not agree with the events");
    }
    Ok(())
}

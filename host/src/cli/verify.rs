//! `andon verify`: reads every raw event again and says whether facts and tallies are exactly what they add up to, and every entry of
//! the ledger and says whether it is what it was and tells of what is.

use std::sync::Arc;

use anyhow::bail;
use indicatif::HumanCount;

use super::spinner;
use crate::app::App;
use crate::ledger::audit::{Published, audit};
use crate::markets::Market;
use crate::pipeline::rebuild;

/// What to verify.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Code of the marketplace; all of them where none is named.
    #[arg(long)]
    marketplace: Option<String>,
    /// A head of the marketplace's ledger that was published earlier: its entries must still be the first ones.
    #[arg(long, value_name = "SIZE:ROOT", requires = "marketplace")]
    head: Option<Published>,
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
    let (mut books, mut ledgers) = (0, 0);
    for market in markets {
        let spinner = spinner(format!("Reading {} again", market.code));
        let (said, differences) = check_books(app, &market).await?;
        let (told, problems) = check_ledger(app, &market, args.head).await?;
        spinner.finish_and_clear();
        println!("{said}\n{told}");
        books += differences;
        ledgers += problems;
    }
    match (books, ledgers) {
        (0, 0) => Ok(()),
        (0, _) => bail!("the ledger does not hold"),
        _ => bail!("the books do not agree with the events"),
    }
}

/// What is to be said of facts and tallies, and how much does not agree.
async fn check_books(app: &Arc<App>, market: &Arc<Market>) -> anyhow::Result<(String, usize)> {
    let audit = rebuild::audit(&app.store, market.clone()).await?;
    let read =
        format!("{}: {} events, {} subjects", market.code, HumanCount(audit.events as u64), HumanCount(audit.subjects as u64));
    Ok((said(&read, &audit.differences), audit.differences.len()))
}

/// The same of the ledger.
async fn check_ledger(app: &Arc<App>, market: &Market, head: Option<Published>) -> anyhow::Result<(String, usize)> {
    let audit = audit(&app.store, market.id, &market.code, head).await?;
    let (size, root) = (audit.head.size, hex::encode(audit.head.root));
    let read = format!("{}: {} entries in the ledger, head {size}:{root}", market.code, HumanCount(size));
    Ok((said(&read, &audit.problems), audit.problems.len()))
}

fn said(read: &str, wrong: &[String]) -> String {
    match wrong.first() {
        None => format!("{read}: all agree"),
        Some(first) => format!("{read}: {} differences; the first: {first}", wrong.len()),
    }
}

//! The demonstration's simulated life: lived into a database once, and again where it was not finished, was another, or is long
//! over. What a finished one was lived by is noted in the home.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon_domain::ids::Instant;
use anyhow::Context;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CODE, CURRENCY, RULES};
use crate::app::App;
use crate::cli::{looks, turning};
use crate::config::Config;
use crate::events::{EventContext, parse};
use crate::ledger::Cause;
use crate::markets::ClockKind;
use crate::setup::{NewMarket, RulesSetup};
use crate::simulate::{Plan, Simulation};
use crate::store;

/// Events in one request to the writer.
const BATCH: usize = 1_000;
/// A simulated life that ended longer ago than this is lived anew: its windows have moved on.
const STALE: Instant = 24 * 3_600_000;

/// What a life is lived by.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Life {
    pub(super) merchants: u32,
    pub(super) orders: u32,
    pub(super) days: u32,
    pub(super) seed: u64,
    /// Version of the program that lives it.
    pub(super) program: String,
}

/// A life that was lived to its end.
#[derive(Serialize, Deserialize)]
struct Finished {
    life: Life,
    end: Instant,
}

/// Where it is noted that a life was lived to its end in the configured database.
pub(super) struct Note {
    path: PathBuf,
    /// The file of a database that may be emptied, with its URL: nobody else has a say in it, and what it is filled with is here.
    own: Option<(PathBuf, String)>,
}

impl Note {
    pub(super) fn of(config: &Config, rules_are_here: bool) -> Self {
        let url = config.database_url();
        // Each database has a note of its own; its URL may hold a password, and stands nowhere.
        let name = format!("lived-{}.json", &hex::encode(Sha256::digest(&url))[..16]);
        let own = (config.database_url.is_none() && rules_are_here).then(|| (config.home.join("andon.db"), url));
        Self { path: config.home.join(name), own }
    }

    /// Why what lies in the database cannot be served as this life, where anything lies there.
    pub(super) fn objection(&self, life: &Life, now: Instant) -> Option<&'static str> {
        let text = fs::read(&self.path).ok();
        let Some(finished) = text.and_then(|text| serde_json::from_slice::<Finished>(&text).ok()) else {
            return Some("the last demonstration was not set up to its end");
        };
        if finished.life != *life {
            return Some("the last demonstration was another one");
        }
        (self.own.is_some() && now - finished.end >= STALE).then_some("the last demonstration is more than a day old")
    }

    /// Makes room for a life: removes what was lived in a database that may be emptied. Another one is left alone.
    pub(super) fn make_room(&self, why: &str) -> anyhow::Result<()> {
        let Some((file, url)) = self.own.as_ref().filter(|(file, _)| file.exists()) else { return Ok(()) };
        tracing::info!("beginning anew: {why}");
        // Whoever serves it now goes on serving it.
        let _lock = store::lock(url)?;
        for end in ["", "-wal", "-shm"] {
            let mut file = file.clone().into_os_string();
            file.push(end);
            remove(Path::new(&file)).context("the old demonstration cannot be removed")?;
        }
        Ok(())
    }

    /// Lives the life, every event through the same door as a sender's, and notes it once everybody is judged.
    pub(super) async fn live(&self, app: &Arc<App>, life: Life) -> anyhow::Result<()> {
        remove(&self.path)?;
        let end = app.clock.now();
        live(app, life.simulation(end)?).await?;
        fs::write(&self.path, serde_json::to_vec(&Finished { life, end })?)
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Life {
    /// Its events; fails where there can be no such life.
    pub(super) fn simulation(&self, end: Instant) -> anyhow::Result<Simulation> {
        let Self { merchants, orders, days, seed, .. } = *self;
        let plan = Plan { merchants, orders, days, seed, end, marketplace: CODE.into(), currency: CURRENCY.into() };
        Ok(Simulation::new(plan)?)
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn live(app: &Arc<App>, simulation: Simulation) -> anyhow::Result<()> {
    let new = NewMarket {
        code: CODE.into(),
        name: "Demo marketplace".into(),
        currency: CURRENCY.into(),
        time_zone: "America/New_York".into(),
        locale: "en".into(),
        clock: ClockKind::System,
        rules: RulesSetup { rules: Some(RULES[0].into()), action_modes: modes(), ..RulesSetup::default() },
    };
    let market = app.create_market(new, Cause::host("the demonstration")).await?;
    let bar = turning(ProgressBar::new_spinner().with_style(looks("{spinner} {human_pos} events lived, {pace}")?));
    let keys = app.keys;
    let context = EventContext { marketplace: CODE, currency: CURRENCY, keys: &keys, now: app.clock.now() };
    let mut batch = Vec::with_capacity(BATCH);
    for line in simulation {
        batch.push(parse(&context, &line).context("the simulation made an event that is refused")?);
        if batch.len() == BATCH {
            bar.inc(BATCH as u64);
            app.ingest.submit(market.clone(), std::mem::take(&mut batch)).await?;
        }
    }
    app.ingest.submit(market, batch).await?;
    bar.set_style(looks("{spinner} Evaluating merchants")?);
    app.drain(CODE).await?;
    bar.finish_and_clear();
    Ok(())
}

/// The demonstration warns by itself and leaves what weighs to a person.
fn modes() -> BTreeMap<String, String> {
    let modes = [("warning", "auto"), ("ask-plan-of-action", "auto"), ("suspend", "review"), ("pull-listing", "auto")];
    modes.map(|(action, mode)| (action.to_owned(), mode.to_owned())).into()
}

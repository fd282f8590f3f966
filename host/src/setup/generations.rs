//! Generations at an operator's word: begun, watched, rolled out, announced, taken back, cancelled.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::calendar::rfc3339;
use andon_domain::ids::Instant;
use andon_domain::rollout::{Entry, Plan, Refusal, State, Step};

use super::{MarketError, field};
use crate::app::App;
use crate::ledger::Cause;
use crate::markets::{Generation, Market, Override};
use crate::pipeline::build::PAGE;
use crate::pipeline::changes::Change;
use crate::rules::{ConfigureError, Judge, Rules};
use crate::store::generations::{self, GenerationRow};
use crate::store::rollouts;

/// A generation that an operator wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Rules by name, with `@version` to pin one.
    pub rules: String,
    /// All settings for them; the marketplace's own where none are given.
    pub settings: Option<BTreeMap<String, String>>,
    /// What it is meant for.
    pub plan: Plan,
    /// Who wants it.
    pub author: String,
}

/// Longest note, in bytes.
const MAX_NOTE: usize = 2_000;

impl App {
    /// Begins what is wanted and answers its generation's number: built first, unless it is built already.
    pub async fn begin(&self, code: &str, wanted: Wanted) -> Result<(Arc<Market>, i64), MarketError> {
        let turn = self.changes.turn().await;
        let old = self.changes.market(code)?;
        let settings = wanted.settings.unwrap_or_else(|| old.settings.clone());
        let generation = self.prepare(&old, &wanted.rules, &settings, &old.overrides).await?;
        check_plan(&wanted.plan, &old, old.now(self.clock.now()))?;
        if old.generation.as_ref().is_some_and(|g| g.id == generation.id) && wanted.plan == Plan::at_once() {
            return Ok((old, generation.id));
        }
        let cause = Cause::by(wanted.author, wanted.plan.note.clone().unwrap_or_default());
        let (change, id) = self.beginning(&old, generation, wanted.plan, cause, Vec::new()).await?;
        let begun = change.begun;
        let market = self.changes.make(&old, change).await?;
        drop(turn);
        Ok((self.soon_built(market, begun).await?, id))
    }

    /// Takes a component's rules out of force in a marketplace: whoever they rule is ruled as before.
    pub async fn roll_back(&self, code: &str, digest: &str, author: &str) -> Result<(Arc<Market>, i64), MarketError> {
        let market = self.changes.market(code)?;
        let rolling = market.beside.iter().filter(|b| b.entry.state == State::RollingOut).map(|b| &b.generation);
        let found = rolling.chain(&market.generation).find(|g| g.judge.digest() == digest).map(|g| g.id);
        let id = found.ok_or_else(|| field("marketplace", code, "is not ruled by this version"))?;
        let cause = Cause::by(author, "rolled back");
        let back = |m: &Market, _| m.lineup.roll_back(id, format!("rolled back by {author}"));
        let market = self.changes.line_up(code, cause, back).await?;
        Ok((market, id))
    }

    /// Changes what a generation is for: pauses, resumes or cancels it.
    pub async fn line_up(
        &self,
        code: &str,
        cause: Cause,
        step: impl FnOnce(&Market) -> Result<Step, Refusal>,
    ) -> Result<Arc<Market>, MarketError> {
        Ok(self.changes.line_up(code, cause, |market, _| step(market)).await?)
    }

    /// A generation of these rules and settings: under the number it has where it takes part already, under 0 where not. A
    /// marketplace that is to keep its rules keeps their version too: only naming another puts another in force, whatever was
    /// pushed meanwhile.
    pub(super) async fn prepare(
        &self,
        market: &Market,
        rules: &str,
        settings: &BTreeMap<String, String>,
        overrides: &BTreeMap<String, Override>,
    ) -> Result<Generation, MarketError> {
        let kept = market.generation.as_ref().filter(|_| market.rules.as_deref() == Some(rules));
        let judge = match kept {
            Some(kept) if kept.settings == *settings => kept.judge.clone(),
            Some(kept) => configure(self.registry.by_digest(kept.judge.digest()).await?, settings).await?,
            None => configure(self.registry.by_name(rules).await?, settings).await?,
        };
        let same =
            |g: &&Arc<Generation>| g.judge.digest() == judge.digest() && g.judge.settings_digest() == judge.settings_digest();
        let id = market.tallied().find(same).map_or(0, |g| g.id);
        Ok(Generation::new(id, rules.to_owned(), settings.clone(), judge, overrides))
    }

    /// The change with which a generation begins, and its number; `known` are the others where they differ from the marketplace's.
    pub(super) async fn beginning(
        &self,
        market: &Market,
        mut generation: Generation,
        plan: Plan,
        cause: Cause,
        mut known: Vec<Arc<Generation>>,
    ) -> Result<(Change, i64), MarketError> {
        let wall = self.clock.now();
        let now = market.now(wall);
        let mut subjects = None;
        if generation.id == 0 {
            // A number is drawn only for what may begin.
            market.lineup.begin(i64::MAX, plan.clone(), now)?;
            let number = market.id;
            subjects = Some(self.store.read(move |session| rollouts::count_subjects(session, number)).await?);
            let entry = Entry { id: 0, state: State::Retired, plan: plan.clone(), stopped: None };
            let row = generation.row(number, entry, cause.actor.clone(), wall);
            generation.id = self.ingest.chore(move |session| generations::insert(session, &row)).await?;
        }
        let id = generation.id;
        let step = market.lineup.begin(id, plan, now)?;
        let begun = subjects.map(|subjects| (id, subjects));
        if market.generation_numbered(id).is_none() {
            known.push(Arc::new(generation));
        }
        Ok((Change { market: market.lined_up(step.lineup.clone(), &known), step, begun, cause }, id))
    }

    /// A small build is finished before its operator is answered.
    pub(super) async fn soon_built(&self, market: Arc<Market>, begun: Option<(i64, i64)>) -> Result<Arc<Market>, MarketError> {
        match begun {
            Some((id, subjects)) if subjects <= PAGE as i64 => {
                self.builder.finish(&market.code, id).await?;
                Ok(self.changes.market(&market.code)?)
            }
            _ => Ok(market),
        }
    }
}

impl Generation {
    /// As it is stored.
    pub(super) fn row(&self, marketplace: i64, entry: Entry, author: String, now: Instant) -> GenerationRow {
        let manifest = self.manifest();
        GenerationRow {
            entry,
            marketplace,
            component: self.judge.digest().to_owned(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            rules: self.rules.clone(),
            settings: self.settings.clone(),
            settings_digest: self.judge.settings_digest().to_owned(),
            author,
            created_at: now,
            since: now,
            subjects: 0,
            built: 0,
        }
    }
}

pub(super) async fn configure(rules: Arc<Rules>, settings: &BTreeMap<String, String>) -> Result<Judge, ConfigureError> {
    let settings: Vec<(String, String)> = settings.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let done = tokio::task::spawn_blocking(move || rules.configure(&settings)).await;
    done.unwrap_or_else(|e| Err(ConfigureError::Setting { key: String::new(), why: e.to_string() }))
}

fn check_plan(plan: &Plan, market: &Market, now: Instant) -> Result<(), MarketError> {
    if plan.share > 100 {
        return Err(field("share", &plan.share.to_string(), "must be 1 to 100"));
    }
    if plan.share < 100 && plan.effective_at.is_some() {
        return Err(field(
            "share",
            &plan.share.to_string(),
            "must be 100 with `effective_at`: what is announced is for everybody",
        ));
    }
    if let Some(note) = plan.note.as_ref().filter(|note| note.trim().is_empty() || note.len() > MAX_NOTE) {
        return Err(field("note", note, format!("must be 1 to {MAX_NOTE} bytes")));
    }
    if let Some(band) = &plan.band {
        if !(1..100).contains(&plan.share) {
            return Err(field("band", "", "needs a `share` under 100: afterwards there is nothing left to compare with"));
        }
        band.check().map_err(|(name, why)| field(&format!("band.{name}"), "", why))?;
    }
    let earliest = now.saturating_add(i64::from(market.notice_days()) * 86_400_000);
    match plan.effective_at {
        Some(at) if at < earliest => {
            let [at, earliest] = [at, earliest].map(rfc3339);
            let why = format!("leaves merchants less than {} days of notice; the earliest is {earliest}", market.notice_days());
            Err(field("effective_at", &at, why))
        }
        _ => Ok(()),
    }
}

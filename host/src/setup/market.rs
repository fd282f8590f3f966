//! Setting up and changing a marketplace. Targets, warnings and floors change at once; other rules or settings are built first.

use std::sync::Arc;

use andon_domain::rollout::{Entry, LineUp, Plan, State, Step};

use super::generations::configure;
use super::{MarketError, NewMarket, RulesSetup, check, check_rules, field};
use crate::app::App;
use crate::ledger::{self, Cause, setup};
use crate::markets::{Generation, Market};
use crate::pipeline::changes::Change;
use crate::rules::Judge;
use crate::store::marketplaces::{self, MarketRow};
use crate::store::{Session, StoreError, generations};

impl App {
    /// Sets up a marketplace.
    pub async fn create_market(&self, new: NewMarket, cause: Cause) -> Result<Arc<Market>, MarketError> {
        let _turn = self.changes.turn().await;
        check(&new)?;
        let now = self.clock.now();
        let judge = match &new.rules.rules {
            Some(name) => Some(configure(self.registry.by_name(name).await?, &new.rules.settings).await?),
            None => None,
        };
        check_overrides(&new.rules, &judge.iter().collect::<Vec<_>>())?;
        let row = MarketRow {
            id: 0,
            code: new.code,
            name: new.name,
            currency: new.currency,
            time_zone: new.time_zone,
            locale: new.locale,
            clock: new.clock.word().to_owned(),
            latest_event: 0,
            rules: new.rules.rules,
            settings: new.rules.settings,
            overrides: new.rules.overrides,
            action_modes: new.rules.action_modes,
            policy: new.rules.policy,
            notice_days: new.rules.notice_days,
            generation: None,
            created_at: now,
            updated_at: now,
        };
        let (code, name) = (row.code.clone(), row.rules.clone());
        let generation =
            judge.zip(name).map(|(judge, name)| Generation::new(0, name, row.settings.clone(), judge, &row.overrides));
        let write = move |session: &mut dyn Session| insert(session, row.clone(), generation.as_ref(), &cause);
        let (row, generation) = self.ingest.chore(write).await?.ok_or(MarketError::Taken(code))?;
        let mut market = Market::of_row(row, self.keys);
        if let Some((entry, generation)) = generation {
            market = market.lined_up(LineUp::new([entry]), &[Arc::new(generation)]);
        }
        let market = Arc::new(market);
        self.markets.put(market.clone());
        Ok(market)
    }

    /// Changes a marketplace. Name, language, overrides, modes and notice change at once. With other rules or settings a
    /// generation begins to be built, and takes over when it is.
    pub async fn change_market(
        &self,
        code: &str,
        name: Option<String>,
        locale: Option<String>,
        setup: RulesSetup,
        cause: Cause,
    ) -> Result<Arc<Market>, MarketError> {
        let turn = self.changes.turn().await;
        let old = self.changes.market(code)?;
        check_rules(&setup)?;
        let RulesSetup { rules, settings, overrides, action_modes, policy, notice_days } = setup.clone();
        let mut next = Market { overrides, action_modes, policy, notice_days, ..Market::clone(&old) };
        next.name = name.unwrap_or(next.name);
        next.locale = locale.unwrap_or(next.locale);
        let wanted = match rules {
            Some(rules) => Some(self.prepare(&old, &rules, &settings, &setup.overrides).await?),
            None => None,
        };
        let judges: Vec<&Judge> = wanted.iter().chain(old.tallied().map(|g| &**g)).map(|g| &g.judge).collect();
        check_overrides(&setup, &judges)?;
        let judged_anew = next.overrides != old.overrides;
        let decided_anew = next.policy != old.policy || next.action_modes != old.action_modes;
        let mut known: Vec<Arc<Generation>> = Vec::new();
        if judged_anew {
            known.extend(old.tallied().map(|g| Arc::new(g.with(&next.overrides))));
        }
        let stays = |market: Market, known: &[Arc<Generation>], cause| {
            let lineup = old.lineup.clone();
            Change { market: market.lined_up(lineup.clone(), known), step: Step::of(lineup), begun: None, cause }
        };
        let mut change = match wanted {
            None => stays(Market { settings, ..next }, &known, cause),
            Some(same) if old.generation.as_ref().is_some_and(|g| g.id == same.id) => {
                known.insert(0, Arc::new(same));
                stays(next, &known, cause)
            }
            Some(other) => self.beginning(&next, other, Plan::at_once(), cause, known).await?.0,
        };
        change.step.judge_all |= judged_anew || decided_anew;
        let begun = change.begun;
        let market = self.changes.make(&old, change).await?;
        drop(turn);
        self.soon_built(market, begun).await
    }
}

/// A marketplace as it was stored, and the generation it begins with.
type Made = (MarketRow, Option<(Entry, Generation)>);

/// Stores a new marketplace with the generation it begins with, if it has rules, and enters both in its ledger; `None` where the code is
/// taken. There are no facts yet, so the generation is built.
fn insert(
    session: &mut dyn Session,
    row: MarketRow,
    generation: Option<&Generation>,
    cause: &Cause,
) -> Result<Option<Made>, StoreError> {
    let Some(id) = marketplaces::insert(session, &row)? else { return Ok(None) };
    let (mut row, now) = (MarketRow { id, ..row }, row.created_at);
    let mut made = None;
    if let Some(generation) = generation {
        let mut entry = Entry { id: 0, state: State::Active, plan: Plan::at_once(), stopped: None };
        entry.id = generations::insert(session, &generation.row(id, entry.clone(), String::new(), now))?;
        row.generation = Some(entry.id);
        session.put_setup(&row)?;
        made = Some((entry.clone(), Generation { id: entry.id, ..generation.clone() }));
    }
    let notes = setup::created(&row, made.as_ref().map(|(entry, generation)| (entry, generation)));
    ledger::enter(session, id, now, cause, &notes)?;
    Ok(Some((row, made)))
}

/// Overrides must be for metrics of rules that judge here, or soon will.
fn check_overrides(setup: &RulesSetup, judges: &[&Judge]) -> Result<(), MarketError> {
    let known = |code: &str| judges.iter().any(|j| j.manifest().metrics.iter().any(|m| m.code == code));
    match setup.overrides.keys().find(|code| !known(code)) {
        Some(code) if !judges.is_empty() => Err(field("overrides", code, "is not a metric of these rules")),
        _ => Ok(()),
    }
}

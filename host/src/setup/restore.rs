//! Marketplaces as they were when the host was last running.

use std::sync::Arc;

use andon_domain::rollout::{LineUp, State};

use crate::app::AppError;
use crate::keys::Keys;
use crate::markets::{Generation, Market};
use crate::registry::Registry;
use crate::store::generations::GenerationRow;
use crate::store::marketplaces::MarketRow;
use crate::store::{Store, StoreError};

/// A marketplace with its generations, and those of them that cannot be had any more, with the reason. The one in force must.
pub(crate) async fn restore(
    store: &Store,
    registry: &Registry,
    keys: Keys,
    row: MarketRow,
) -> Result<(Market, Vec<(i64, String)>), AppError> {
    let rows = store.lineup(row.id).await?;
    let active = rows.iter().find(|r| r.entry.state == State::Active).map(|r| r.entry.id);
    if active != row.generation {
        let what = format!("its generation is {:?}, the one in force {active:?}", row.generation);
        return Err(StoreError::Inconsistent { table: "marketplaces", row: row.code, what }.into());
    }
    let market = Market::of_row(row, keys);
    let (mut generations, mut lost) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|r| r.entry.state.is_tallied()) {
        match generation(registry, &market, row).await {
            Ok(generation) => generations.push(Arc::new(generation)),
            Err(error) if row.entry.state == State::Active => return Err(error),
            Err(error) => lost.push((row.entry.id, error.to_string())),
        }
    }
    Ok((market.lined_up(LineUp::new(rows.into_iter().map(|r| r.entry)), &generations), lost))
}

async fn generation(registry: &Registry, market: &Market, row: &GenerationRow) -> Result<Generation, AppError> {
    let rules = registry.by_digest(&row.component).await.map_err(|e| AppError::Rules(market.code.clone(), e))?;
    let settings: Vec<(String, String)> = row.settings.clone().into_iter().collect();
    let judge = rules.resume(&settings).map_err(|e| AppError::Settings(market.code.clone(), e))?;
    let (asked, settings) = match row.entry.state {
        // Written differently since, these are the same settings still.
        State::Active => (market.rules.clone().unwrap_or_else(|| row.rules.clone()), market.settings.clone()),
        _ => (row.rules.clone(), row.settings.clone()),
    };
    Ok(Generation::new(row.entry.id, asked, settings, judge, &market.overrides))
}

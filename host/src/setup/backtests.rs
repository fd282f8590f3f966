//! Backtests at somebody's word: checked before they are queued, so that what cannot be is said at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::generations::configure;
use super::{MarketError, field};
use crate::app::App;
use crate::backtest::{BadMoments, Every, moments};
use crate::markets::{Generation, Market};
use crate::rules::Rules;
use crate::store::backtests::{BacktestRow, BacktestState};
use crate::store::components::ComponentRow;

/// A backtest that somebody wants.
#[derive(Debug, Clone)]
pub struct WantedBacktest {
    /// All settings for the candidate; the marketplace's own where none are given.
    pub settings: Option<BTreeMap<String, String>>,
    /// First moment, as given.
    pub from: String,
    /// Last moment, as given.
    pub to: String,
    /// Step.
    pub every: Every,
    /// Who wants it.
    pub author: String,
}

impl From<BadMoments> for MarketError {
    fn from(bad: BadMoments) -> Self {
        field(bad.field, &bad.value, bad.why)
    }
}

impl App {
    /// Queues a backtest of a registered component.
    pub async fn queue_backtest(
        &self,
        market: &Market,
        component: ComponentRow,
        wanted: WantedBacktest,
    ) -> Result<i64, MarketError> {
        let wall = self.clock.now();
        let (from, to) =
            (moments::moment("from", &wanted.from, market.calendar)?, moments::moment("to", &wanted.to, market.calendar)?);
        moments::moments((from, to), wanted.every, market.calendar, market.now(wall))?;
        if market.generation.is_none() {
            return Err(field("marketplace", &market.code, "has no rules in force to compare with"));
        }
        let settings = wanted.settings.unwrap_or_else(|| market.settings.clone());
        self.candidate(market, &component.digest, &settings).await?;
        let row = BacktestRow {
            id: 0,
            marketplace: market.id,
            component: component.digest,
            name: component.name,
            version: component.version,
            settings,
            from,
            to,
            every: wanted.every.to_string(),
            state: BacktestState::Queued,
            author: wanted.author,
            created_at: wall,
            started_at: None,
            ended_at: None,
            error: None,
        };
        let id = self.store.queue_backtest(row).await?.ok_or(MarketError::Waiting)?;
        self.backtests.wake();
        Ok(id)
    }

    /// Calls a backtest off; says whether it had not ended.
    pub async fn cancel_backtest(&self, id: i64) -> Result<bool, MarketError> {
        let done = self.store.cancel_backtest(id, self.clock.now()).await?;
        if let (true, Some(progress)) = (done, self.backtests.progress(id)) {
            progress.stop();
        }
        Ok(done)
    }

    /// A registered component as a candidate in a marketplace, whatever it was registered as.
    pub(crate) async fn candidate(
        &self,
        market: &Market,
        digest: &str,
        settings: &BTreeMap<String, String>,
    ) -> Result<Generation, MarketError> {
        let rules = self.registry.by_digest(digest).await?;
        self.tried_out(market, rules, settings).await
    }

    /// Rules as a candidate in a marketplace, with the operator's own figures, as they would judge if they were in force.
    pub async fn tried_out(
        &self,
        market: &Market,
        rules: Arc<Rules>,
        settings: &BTreeMap<String, String>,
    ) -> Result<Generation, MarketError> {
        let (name, judge) = (rules.manifest().name.clone(), configure(rules, settings).await?);
        Ok(Generation::new(0, name, settings.clone(), judge, &market.overrides))
    }
}

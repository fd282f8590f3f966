//! Backtests as rows: what was asked, how far it is, what was found. Each is moved on by whoever finds it where they expect it, so
//! that a cancel and an end that meet do not undo each other.

use std::collections::BTreeMap;

use andon_domain::ids::Instant;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DerivePartialModel, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::entity::backtest::{ActiveModel, Column, Entity};
use super::{Store, StoreError};

/// Backtests that may wait, on the whole host.
const WAITING: u64 = 20;

/// Ended backtests of a marketplace that are kept.
const KEPT: u64 = 50;

/// Where a backtest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacktestState {
    /// It waits for its turn.
    Queued,
    /// It is being worked on.
    Running,
    /// There is a report.
    Done,
    /// There is an error.
    Failed,
    /// Somebody called it off.
    Cancelled,
}

impl BacktestState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A backtest, without its report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestRow {
    /// Its number; 0 for one not yet stored.
    pub id: i64,
    /// Marketplace.
    pub marketplace: i64,
    /// Digest of the candidate's component.
    pub component: String,
    /// Name of its rules.
    pub name: String,
    /// Their version.
    pub version: String,
    /// The candidate's settings.
    pub settings: BTreeMap<String, String>,
    /// First moment.
    pub from: Instant,
    /// Last moment.
    pub to: Instant,
    /// Step.
    pub every: String,
    /// Where it is.
    pub state: BacktestState,
    /// Who asked.
    pub author: String,
    /// When, by the wall clock.
    pub created_at: Instant,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The columns of a [`BacktestRow`], without what is large.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "Entity", from_query_result)]
struct Columns {
    id: i64,
    marketplace: i64,
    component: String,
    name: String,
    version: String,
    settings: String,
    from_at: i64,
    to_at: i64,
    every: String,
    state: String,
    author: String,
    created_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    error: Option<String>,
}

impl Store {
    /// Queues a backtest and answers its number; `None` where too many wait already.
    pub async fn queue_backtest(&self, row: BacktestRow) -> Result<Option<i64>, StoreError> {
        let write = self.write().await?;
        if Entity::find().filter(Column::State.eq(BacktestState::Queued.word())).count(&write.tx).await? >= WAITING {
            return Ok(None);
        }
        let active = ActiveModel {
            marketplace: Set(row.marketplace),
            component: Set(row.component),
            name: Set(row.name),
            version: Set(row.version),
            settings: Set(super::json(&row.settings)),
            from_at: Set(row.from),
            to_at: Set(row.to),
            every: Set(row.every),
            state: Set(row.state.word().to_owned()),
            author: Set(row.author),
            created_at: Set(row.created_at),
            ..Default::default()
        };
        let id = active.insert(&write.tx).await?.id;
        write.commit().await?;
        Ok(Some(id))
    }

    /// A backtest.
    pub async fn backtest(&self, id: i64) -> Result<Option<BacktestRow>, StoreError> {
        let row = Entity::find_by_id(id).into_partial_model::<Columns>().one(self.db()).await?;
        row.map(read).transpose()
    }

    /// What a backtest found, as it was stored.
    pub async fn backtest_report(&self, id: i64) -> Result<Option<String>, StoreError> {
        let query = Entity::find_by_id(id).select_only().column(Column::Report);
        Ok(query.into_tuple::<Option<String>>().one(self.db()).await?.flatten())
    }

    /// Backtests of a component in some marketplaces, newest first, those before `before` where given.
    pub async fn backtests(
        &self,
        component: &str,
        marketplaces: &[i64],
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<BacktestRow>, StoreError> {
        let mut query = Entity::find().filter(Column::Component.eq(component));
        query = query.filter(Column::Marketplace.is_in(marketplaces.iter().copied()));
        if let Some(id) = before {
            query = query.filter(Column::Id.lt(id));
        }
        let rows = query.order_by_desc(Column::Id).limit(limit).into_partial_model::<Columns>().all(self.db()).await?;
        rows.into_iter().map(read).collect()
    }

    /// Takes the backtest that has waited longest, if one waits.
    pub async fn claim_backtest(&self, now: Instant) -> Result<Option<BacktestRow>, StoreError> {
        let waiting = Entity::find().filter(Column::State.eq(BacktestState::Queued.word())).order_by_asc(Column::Id);
        while let Some(row) = waiting.clone().into_partial_model::<Columns>().one(self.db()).await? {
            let running = ActiveModel { started_at: Set(Some(now)), ..Default::default() };
            if self.move_backtest(row.id, &[BacktestState::Queued], BacktestState::Running, running).await? {
                return Ok(Some(BacktestRow { state: BacktestState::Running, started_at: Some(now), ..read(row)? }));
            }
        }
        Ok(None)
    }

    /// Ends a running backtest with what it found, or why it found nothing, and forgets the marketplace's oldest.
    pub async fn end_backtest(&self, row: &BacktestRow, found: Result<String, String>, now: Instant) -> Result<bool, StoreError> {
        let state = if found.is_ok() { BacktestState::Done } else { BacktestState::Failed };
        let (report, error) = (found.as_ref().ok().cloned(), found.err());
        let ended = ActiveModel { ended_at: Set(Some(now)), report: Set(report), error: Set(error), ..Default::default() };
        let done = self.move_backtest(row.id, &[BacktestState::Running], state, ended).await?;
        let write = self.write().await?;
        let ended = Entity::find().filter(Column::Marketplace.eq(row.marketplace)).filter(Column::EndedAt.is_not_null());
        let oldest = ended.order_by_desc(Column::Id).offset(KEPT).limit(1).select_only().column(Column::Id);
        if let Some(last) = oldest.into_tuple::<i64>().one(&write.tx).await? {
            let gone = Entity::delete_many().filter(Column::Marketplace.eq(row.marketplace)).filter(Column::Id.lte(last));
            gone.filter(Column::EndedAt.is_not_null()).exec(&write.tx).await?;
        }
        write.commit().await?;
        Ok(done)
    }

    /// Calls a backtest off; says whether it had not ended.
    pub async fn cancel_backtest(&self, id: i64, now: Instant) -> Result<bool, StoreError> {
        let ended = ActiveModel { ended_at: Set(Some(now)), ..Default::default() };
        self.move_backtest(id, &[BacktestState::Queued, BacktestState::Running], BacktestState::Cancelled, ended).await
    }

    /// Ends those that a host left behind when it ended; says how many.
    pub async fn interrupt_backtests(&self, why: &str, now: Instant) -> Result<u64, StoreError> {
        let write = self.write().await?;
        let failed = ActiveModel {
            state: Set(BacktestState::Failed.word().to_owned()),
            ended_at: Set(Some(now)),
            error: Set(Some(why.to_owned())),
            ..Default::default()
        };
        let update = Entity::update_many().set(failed).filter(Column::State.eq(BacktestState::Running.word()));
        let done = update.exec(&write.tx).await?;
        write.commit().await?;
        Ok(done.rows_affected)
    }

    async fn move_backtest(
        &self,
        id: i64,
        from: &[BacktestState],
        to: BacktestState,
        with: ActiveModel,
    ) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let words = from.iter().map(|state| state.word());
        let update = Entity::update_many().set(with).col_expr(Column::State, Expr::value(to.word()));
        let done = update.filter(Column::Id.eq(id)).filter(Column::State.is_in(words)).exec(&write.tx).await?;
        write.commit().await?;
        Ok(done.rows_affected > 0)
    }
}

fn read(row: Columns) -> Result<BacktestRow, StoreError> {
    let broken = || StoreError::undecodable("backtests", row.id);
    let state = BacktestState::ALL.into_iter().find(|state| state.word() == row.state).ok_or_else(broken)?;
    let settings = serde_json::from_str(&row.settings).map_err(|_| broken())?;
    Ok(BacktestRow {
        id: row.id,
        marketplace: row.marketplace,
        component: row.component,
        name: row.name,
        version: row.version,
        settings,
        from: row.from_at,
        to: row.to_at,
        every: row.every,
        state,
        author: row.author,
        created_at: row.created_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        error: row.error,
    })
}

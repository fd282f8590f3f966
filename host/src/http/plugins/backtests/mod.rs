//! `/v1/plugins/{name}/versions/{v}/backtests`: a version held against the rules in force over a marketplace's stored facts. An author
//! may ask and read; nothing in it switches anything.

pub mod begin;
pub mod cancel;
pub mod list;
pub mod report;
pub mod show;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Which, find};
use crate::app::App;
use crate::auth::Caller;
use crate::http::extract::Path;
use crate::http::marketplaces::Rules;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::store::backtests::{BacktestRow, BacktestState};

/// How far a backtest is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BacktestProgress)]
pub struct Progress {
    /// Merchants done.
    done: u64,
    /// Of how many.
    of: u64,
    /// Orders of the merchants done.
    orders: u64,
}

/// A backtest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Backtest {
    id: i64,
    marketplace: String,
    /// The version that is tried out.
    rules: Rules,
    /// Its settings.
    settings: BTreeMap<String, String>,
    /// First moment.
    from: String,
    /// No moment is after this one.
    to: String,
    /// Step between moments: `1d`, `6h`.
    every: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    state: &'static str,
    /// Null where it is not under way.
    progress: Option<Progress>,
    /// Who asked.
    author: String,
    created_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    /// Why it failed.
    error: Option<String>,
}

impl Backtest {
    fn of(app: &App, row: BacktestRow) -> Self {
        let progress = app.backtests.progress(row.id).filter(|_| row.state == BacktestState::Running).map(|progress| {
            let (done, of) = progress.merchants();
            Progress { done, of, orders: progress.orders() }
        });
        Self {
            id: row.id,
            marketplace: app.markets.by_id(row.marketplace).map(|market| market.code.clone()).unwrap_or_default(),
            rules: Rules { name: row.name, version: row.version, digest: row.component },
            settings: row.settings,
            from: time(row.from),
            to: time(row.to),
            every: row.every,
            state: row.state.word(),
            progress,
            author: row.author,
            created_at: time(row.created_at),
            started_at: row.started_at.map(time),
            ended_at: row.ended_at.map(time),
            error: row.error,
        }
    }
}

/// Which backtest, from the path.
#[derive(Debug, Deserialize)]
pub struct Numbered {
    /// Name of the rules.
    name: String,
    /// Version.
    v: String,
    /// Its number.
    id: i64,
}

/// A backtest of the path's version, in a marketplace that the caller reaches.
async fn numbered(app: &App, caller: &Caller, Path(path): Path<Numbered>) -> Result<BacktestRow, Problem> {
    let Numbered { name, v, id } = path;
    let component = find(app, &Path(Which { name, v })).await?.digest;
    let reached = |row: &BacktestRow| app.markets.by_id(row.marketplace).is_some_and(|market| caller.reaches(&market.code));
    let row = app.store.backtest(id).await?.filter(|row| row.component == component && reached(row));
    row.ok_or(Problem::NotFound)
}

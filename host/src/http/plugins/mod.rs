//! `/v1/plugins`: rules by name and version. Authors push and follow; operators decide what is used.

pub mod activate;
pub mod backtests;
pub mod component;
pub mod faults;
pub mod list;
pub mod name;
pub mod push;
pub mod rollback;
pub mod shadow;
pub mod show;
pub mod withhold;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Operator;
use super::extract::Path;
use super::generations::shown;
use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::auth::Caller;
use crate::markets::Market;
use crate::plugins::Usage;
use crate::setup::Wanted;
use crate::store::components::{ComponentRow, Withheld};

/// Why a version is not to be used, and who says so.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hold {
    /// `retired` or `quarantined`.
    how: &'static str,
    reason: String,
    /// `andon` where the host did it by itself.
    by: String,
    at: String,
}

/// How a version has failed of late. Five failures among its last twenty answers make it rest; after ten rests it is quarantined.
#[derive(Debug, Serialize, ToSchema)]
pub struct Breaker {
    /// Rests in a row.
    rests: u32,
    /// Until when it rests.
    resting_until: Option<String>,
}

/// A version of rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct PluginVersion {
    name: String,
    version: String,
    /// Of the component: `sha256:…`
    digest: String,
    /// `draft`, `shadow`, `active`, `retired`, `quarantined` or `broken`.
    state: &'static str,
    pushed_by: String,
    pushed_at: String,
    /// Size of the component.
    bytes: i64,
    /// Marketplaces that it judges, of those that the token reaches.
    marketplaces: Vec<String>,
    /// Set where it is retired or quarantined.
    hold: Option<Hold>,
    /// Why it cannot be run here.
    error: Option<String>,
    breaker: Breaker,
}

impl PluginVersion {
    /// A registered component as a caller may see it.
    pub(super) fn of(app: &App, caller: &Caller, row: ComponentRow) -> Self {
        let usage = Usage::of(&app.markets, &row.digest);
        let loaded = app.registry.loaded_rules(&row.digest).map(|rules| rules.gate().rests());
        let (rests, until) = loaded.unwrap_or((row.rests, None));
        Self {
            state: usage.state(&row).word(),
            marketplaces: usage.active.into_iter().filter(|code| caller.reaches(code)).collect(),
            hold: row.withheld.map(|held| {
                let Withheld { hold, reason, by, at } = held;
                Hold { how: hold.word(), reason, by, at: time(at) }
            }),
            breaker: Breaker { rests, resting_until: until.map(time) },
            name: row.name,
            version: row.version,
            digest: row.digest,
            pushed_by: row.pushed_by,
            pushed_at: time(row.pushed_at),
            bytes: row.size,
            error: row.error,
        }
    }
}

/// Which version, from the path.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// Name of the rules.
    pub name: String,
    /// Version.
    pub v: String,
}

impl Which {
    /// `name@version`.
    fn rules(&self) -> String {
        format!("{}@{}", self.name, self.v)
    }
}

/// The version of a path.
pub(super) async fn find(app: &App, Path(which): &Path<Which>) -> Result<ComponentRow, Problem> {
    Ok(app.plugin(&which.name, &which.v).await?)
}

/// The marketplace that a body names, if the caller reaches it.
fn market<R>(app: &App, access: &Operator<R>, code: &str) -> Result<Arc<Market>, Problem> {
    let market = app.markets.get(code).filter(|_| access.caller.reaches(code));
    market.ok_or_else(|| Problem::invalid("marketplace", "is not a marketplace that you reach"))
}

/// Begins a generation of a version: 202 while it is being built, 200 where it is what was asked for already.
async fn begin(app: &App, market: &Market, path: &Path<Which>, wanted: Wanted) -> Result<Response, Problem> {
    find(app, path).await?;
    let (market, id) = app.begin(&market.code, wanted).await?;
    let generation = shown(app, &market, id).await?;
    let status = if generation.is_building() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, axum::Json(generation)).into_response())
}

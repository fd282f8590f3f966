//! POST cancel.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Backtest, Numbered, numbered};
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::extract::{Nothing, Path};
use crate::http::problem::Problem;

/// Call a backtest off, whether it waits or is under way.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/backtests/{id}/cancel", tag = "backtests",
    operation_id = "cancel_backtest",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version"),
        ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Backtest)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    access: Operator<Push>,
    path: Path<Numbered>,
    _: Nothing,
) -> Result<Json<Backtest>, Problem> {
    let id = numbered(&app, &access.caller, path).await?.id;
    if !app.cancel_backtest(id).await? {
        return Err(Problem::Conflict("it has ended".into()));
    }
    let row = app.store.backtest(id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(Backtest::of(&app, row)))
}

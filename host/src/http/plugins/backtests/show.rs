//! GET a backtest.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Backtest, Numbered, numbered};
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// One backtest, with how far it is.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}/backtests/{id}", tag = "backtests", operation_id = "show_backtest",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version"),
        ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Backtest)))]
pub async fn show(State(app): State<Arc<App>>, access: Operator<Push>, path: Path<Numbered>) -> Result<Json<Backtest>, Problem> {
    let row = numbered(&app, &access.caller, path).await?;
    Ok(Json(Backtest::of(&app, row)))
}

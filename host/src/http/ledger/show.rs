//! GET an entry.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Entry, Numbered, find};
use crate::app::App;
use crate::http::access::{Member, See};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// An entry of the ledger.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/ledger/{seq}", tag = "ledger", operation_id = "show_ledger_entry",
    params(("m" = String, Path, description = "Marketplace code"), ("seq" = u64, Path, description = "Place in the ledger, from 0")),
    responses((status = 200, body = Entry)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Member<See>,
    Path(Numbered { seq }): Path<Numbered>,
) -> Result<Json<Entry>, Problem> {
    let record = find(&app, &access, seq).await?;
    Ok(Json(Entry::of(record, &access.caller)))
}

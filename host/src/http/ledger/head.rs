//! GET the head: what to make a note of, to be able to tell later whether anything before it was changed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::access::{Member, See};
use crate::http::problem::Problem;

/// How far a ledger has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct Head {
    /// How many entries there are.
    size: u64,
    /// Hash of the newest; zeros where there is none.
    hash: String,
    /// Root of the Merkle tree over all of them (RFC 9162, section 2.1).
    root: String,
}

/// How far the ledger has come. Whoever publishes it, or keeps it, can show later that nothing before it was changed.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/ledger/head", tag = "ledger", operation_id = "show_ledger_head",
    params(("m" = String, Path, description = "Marketplace code")),
    responses((status = 200, body = Head)))]
pub async fn head(State(app): State<Arc<App>>, access: Member<See>) -> Result<Json<Head>, Problem> {
    let head = app.store.ledger_head(access.market.id).await?;
    Ok(Json(Head { size: head.size, hash: hex::encode(head.hash), root: hex::encode(head.root) }))
}

//! GET the whole ledger as lines, to be kept elsewhere.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use futures::stream;

use super::Entry;
use crate::app::App;
use crate::auth::Caller;
use crate::http::access::{See, Staff};
use crate::markets::Market;
use crate::store::StoreError;

/// Entries read at a time.
const PAGE: u64 = 500;

/// The whole ledger, oldest entry first, one a line: all that its head is made of.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/ledger/export", tag = "ledger", operation_id = "export_ledger",
    params(("m" = String, Path, description = "Marketplace code")),
    responses((status = 200, content_type = "application/x-ndjson", body = Entry)))]
pub async fn export(State(app): State<Arc<App>>, access: Staff<See>) -> impl IntoResponse {
    let Staff { market, caller, .. } = access;
    let pages = stream::try_unfold(0, move |from| page(app.clone(), market.clone(), caller.clone(), from));
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(pages))
}

/// The lines from an entry on, and the entry after them; nothing at the end. A failure breaks the answer off, which its receiver sees.
async fn page(app: Arc<App>, market: Arc<Market>, caller: Arc<Caller>, from: u64) -> Result<Option<(String, u64)>, StoreError> {
    let failed = |e: &StoreError| tracing::error!("an export breaks off: {e}");
    let records = app.store.ledger_from(market.id, from, PAGE).await.inspect_err(failed)?;
    let Some(next) = records.last().map(|last| last.seq + 1) else { return Ok(None) };
    let mut lines = String::new();
    for record in records {
        let line = serde_json::to_string(&Entry::of(record, &caller)).map_err(|e| StoreError::Driver(e.to_string()))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(Some((lines, next)))
}

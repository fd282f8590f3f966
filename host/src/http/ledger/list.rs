//! GET the ledger.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Entry;
use crate::app::App;
use crate::http::access::{Member, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};
use crate::store::ledger::Wanted;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Of this kind, such as `feedback.struck`.
    kind: Option<String>,
    /// About this merchant.
    merchant: Option<String>,
    /// About this thing: the reference, code or number that entries have in `about`.
    about: Option<String>,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The ledger's entries, newest first. Whoever is bound to a merchant sees those about it.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/ledger", tag = "ledger", operation_id = "list_ledger",
    params(("m" = String, Path, description = "Marketplace code"), Asked),
    responses((status = 200, body = Listed<Entry>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Member<See>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Entry>>, Problem> {
    let own = access.caller.merchant().map(|claim| claim.reference.clone());
    let wanted = Wanted { kind: asked.kind, merchant: asked.merchant.or_else(|| own.clone()), about: asked.about };
    let list = format!("ledger {}", serde_json::json!([access.market.code, wanted.kind, wanted.merchant, wanted.about, own]));
    let before = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    // Of another merchant there is nothing, as of one that does not exist.
    if own.is_some() && own != wanted.merchant {
        return Ok(Json(Listed { items: Vec::new(), next: None }));
    }
    let records = app.store.ledger(access.market.id, &wanted, before, limit + 1).await?;
    let (records, next) = border.cursors.cut(&list, records, limit, |last| last.seq)?;
    Ok(Json(Listed { items: records.into_iter().map(|record| Entry::of(record, &access.caller)).collect(), next }))
}

//! GET notices: what a merchant has to be told about the rules that judge it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::find;
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit, time};
use crate::store::notices::NoticeRow;

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice {
    id: i64,
    /// `rules-announced`, or `rules-withdrawn` where what was announced will not come.
    kind: String,
    at: String,
    /// From when on the rules judge.
    effective_at: String,
    /// The rules, the operator's note, how the merchant stood under the rules of that day and under the coming ones when this was
    /// written, and what differs.
    #[schema(value_type = Object)]
    particulars: Value,
}

impl Notice {
    fn of(row: NoticeRow) -> Self {
        let particulars = serde_json::from_str(&row.body).unwrap_or_default();
        Self { id: row.id, kind: row.kind, at: time(row.at), effective_at: time(row.effective_at), particulars }
    }
}

/// A merchant's notices, newest first.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/notices", tag = "merchants", operation_id = "list_notices",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Paged),
    responses((status = 200, body = Listed<Notice>)))]
pub async fn notices(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: AtMerchant<See>,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<Notice>>, Problem> {
    let merchant = find(&app, &access.market, &access.merchant).await?;
    let list = format!("notices {} {}", access.market.code, merchant.id);
    let before = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let rows = app.store.notices(merchant.id, before, limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.id)?;
    Ok(Json(Listed { items: rows.into_iter().map(Notice::of).collect(), next }))
}

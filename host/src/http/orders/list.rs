//! GET a merchant's orders, in the order they became known.

use std::sync::Arc;

use andon_domain::change::Kind;
use axum::Json;
use axum::extract::State;

use super::{Order, fold};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit};
use crate::store::session::For;

/// A merchant's orders.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/orders", tag = "orders", operation_id = "list_orders",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Paged),
    responses((status = 200, body = Listed<Order>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: AtMerchant<See>,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<Order>>, Problem> {
    let market = access.market;
    let row = find(&app, &market, &access.merchant).await?;
    let list = format!("orders {} {}", market.code, row.id);
    let mut after: i64 = border.cursors.after(&list, asked.cursor.as_deref())?.unwrap_or(0);
    let limit = limit(asked.limit)?;
    let wanted = limit as usize;
    let id = market.id;
    let page = app
        .store
        .read(move |session| {
            let mut orders = Vec::new();
            loop {
                let subjects = session.subjects_after(id, Some(row.id), after, wanted + 1, For::Reading)?;
                let Some(last) = subjects.last() else { return Ok(orders) };
                after = last.id;
                orders.extend(subjects.into_iter().filter(|s| s.kind == Kind::Order));
                if orders.len() > wanted {
                    return Ok(orders);
                }
            }
        })
        .await?;
    let (page, next) = border.cursors.cut(&list, page, limit, |last| last.id)?;
    let items = page.iter().filter_map(|s| Some(Order::of(fold(s)?, &s.history, &market, &access.caller))).collect();
    Ok(Json(Listed { items, next }))
}

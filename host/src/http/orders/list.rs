//! GET a merchant's orders, in the order they became known.

use std::sync::Arc;

use andon_domain::change::Kind;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Order, fold};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A merchant's orders.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/orders", tag = "orders", operation_id = "list_orders",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Asked),
    responses((status = 200, body = Listed<Order>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: AtMerchant<See>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Order>>, Problem> {
    let market = access.market;
    let row = find(&app, &market, &access.merchant).await?;
    let list = format!("orders {} {}", market.code, row.id);
    let mut after: i64 = asked.cursor.as_deref().map_or(Ok(0), |cursor| border.cursors.open(&list, cursor))?;
    let wanted = limit(asked.limit)? as usize;
    let id = market.id;
    let mut page = app
        .store
        .read(move |session| {
            let mut orders = Vec::new();
            loop {
                let subjects = session.subjects_after(id, Some(row.id), after, wanted + 1)?;
                let Some(last) = subjects.last() else { return Ok(orders) };
                after = last.id;
                orders.extend(subjects.into_iter().filter(|s| s.kind == Kind::Order));
                if orders.len() > wanted {
                    return Ok(orders);
                }
            }
        })
        .await?;
    let more = page.len() > wanted;
    page.truncate(wanted);
    let next = match page.last() {
        Some(last) if more => Some(border.cursors.seal(&list, &last.id)?),
        _ => None,
    };
    let items = page.iter().filter_map(|s| Some(Order::of(fold(s)?, &s.history, &market, &access.caller))).collect();
    Ok(Json(Listed { items, next }))
}

//! GET an order, with the events it came from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Order, events, fold, subject};
use crate::app::App;
use crate::http::access::{Member, OrderRef, SeeOrders};
use crate::http::problem::Problem;

/// One order.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/orders/{ref}", tag = "orders", operation_id = "show_order",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    responses((status = 200, body = Order)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Member<SeeOrders>,
    OrderRef(reference): OrderRef,
) -> Result<Json<Order>, Problem> {
    let found = subject(&app, &access.market, &reference).await?.ok_or(Problem::NotFound)?;
    let order = fold(&found).ok_or(Problem::NotFound)?;
    access.check(Some(&order.merchant))?;
    let (events, left_out) = events(&app, &found.history, &access.caller).await?;
    let (events, events_left_out) = (Some(events), Some(left_out));
    Ok(Json(Order { events, events_left_out, ..Order::of(order, &found.history, &access.market, &access.caller) }))
}

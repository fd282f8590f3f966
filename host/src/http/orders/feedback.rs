//! GET and PUT an order's feedback.

use std::sync::Arc;

use andon_domain::change::{Change, Rating};
use andon_domain::fact;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Feedback, fold, subject};
use crate::app::App;
use crate::http::access::{Deliver, Member, OrderRef, SeeOrders, Staff};
use crate::http::deliver::{deliver, moment as now_after};
use crate::http::extract::Json;
use crate::http::problem::Problem;

/// A rating as the buyer leaves it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// 1 (worst) to 5 (best).
    #[schema(minimum = 1, maximum = 5)]
    rating: u8,
    #[schema(minimum = 1, maximum = 5)]
    as_described: Option<u8>,
    #[schema(minimum = 1, maximum = 5)]
    service: Option<u8>,
    #[schema(minimum = 1, maximum = 5)]
    delivery: Option<u8>,
    #[serde(default)]
    comment: String,
}

/// An order's feedback.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/orders/{ref}/feedback", tag = "feedback", operation_id = "show_feedback",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    responses((status = 200, body = Feedback)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Member<SeeOrders>,
    OrderRef(reference): OrderRef,
) -> Result<axum::Json<Feedback>, Problem> {
    let found = subject(&app, &access.market, &reference).await?.ok_or(Problem::NotFound)?;
    let order = fold(&found).ok_or(Problem::NotFound)?;
    access.check(Some(&order.merchant))?;
    let feedback = order.feedback.as_ref().ok_or(Problem::NotFound)?;
    Ok(axum::Json(Feedback::of(feedback, &found.history, &access.caller)))
}

/// Leave feedback on an order, or leave it anew.
#[utoipa::path(put, path = "/v1/marketplaces/{m}/orders/{ref}/feedback", tag = "feedback", operation_id = "leave_feedback",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    request_body = Left, responses((status = 200, body = Feedback)))]
pub async fn leave(
    State(app): State<Arc<App>>,
    access: Staff<Deliver>,
    OrderRef(reference): OrderRef,
    Json(left): Json<Left>,
) -> Result<axum::Json<Feedback>, Problem> {
    let market = &access.market;
    let found = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let order = fold(&found).ok_or(Problem::NotFound)?;
    if let Some(known) = order.feedback.as_ref().filter(|known| left.says(known)) {
        return Ok(axum::Json(Feedback::of(known, &found.history, &access.caller)));
    }
    let at = now_after(&app, market, found.history.entries().last().map(|e| e.at));
    let Left { rating, as_described, service, delivery, comment } = left;
    let change = Change::FeedbackLeft(Rating { rating, as_described, service, delivery, comment: comment.into() });
    deliver(&app, market, &reference, vec![(at, change)]).await?;
    let after = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let feedback = fold(&after).and_then(|order| order.feedback).ok_or(Problem::NotFound)?;
    Ok(axum::Json(Feedback::of(&feedback, &after.history, &access.caller)))
}

impl Left {
    fn says(&self, known: &fact::Feedback) -> bool {
        (self.rating, self.as_described, self.service, self.delivery)
            == (known.rating, known.as_described, known.service, known.delivery)
            && self.comment == known.comment
    }
}

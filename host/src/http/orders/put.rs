//! PUT an order: what it is and how far it has come, for senders who keep states rather than events. Only what differs from
//! what is known becomes an event.

use std::sync::Arc;

use andon_domain::change::{Change, Placed};
use andon_domain::fact::{self, Actor, CancelReason, Fulfilment, ServiceLevel};
use andon_domain::ids::{Instant, Text, check_reference};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::told::{self, Told, is_news};
use super::{Order, fold, subject};
use crate::app::App;
use crate::http::access::{Deliver, OrderRef, Staff};
use crate::http::deliver::{deliver, moment as now_after};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::shapes::{Amount, moment};
use crate::markets::Market;

/// Handed over, or arrived.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// RFC 3339; cannot be changed later.
    at: String,
    /// May be given or changed later; where it is left out, what was given stands.
    tracking: Option<String>,
    /// Likewise.
    carrier: Option<String>,
}

/// Called off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// RFC 3339; cannot be changed later.
    at: String,
    /// `buyer`, `merchant`, `carrier` or `platform`.
    by: String,
    /// Such as `out-of-stock` or `buyer-request`.
    reason: String,
}

/// An order as its sender knows it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderState {
    merchant: String,
    buyer: String,
    listing: String,
    /// 1 where none is given.
    units: Option<u32>,
    amount: Amount,
    /// `merchant` (the default) or `platform`.
    fulfilment: Option<String>,
    /// `standard` (the default), `expedited`, `two-day` or `same-day`.
    service: Option<String>,
    /// RFC 3339; cannot be changed later.
    placed_at: String,
    ship_by: Option<String>,
    deliver_by: Option<String>,
    /// RFC 3339; cannot be changed later.
    accepted_at: Option<String>,
    shipped: Option<Step>,
    delivered: Option<Step>,
    cancelled: Option<Cancel>,
}

/// Say what an order is.
#[utoipa::path(put, path = "/v1/marketplaces/{m}/orders/{ref}", tag = "orders", operation_id = "put_order",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    request_body = OrderState, responses((status = 200, body = Order), (status = 201, body = Order)))]
pub async fn put(
    State(app): State<Arc<App>>,
    access: Staff<Deliver>,
    OrderRef(reference): OrderRef,
    Json(body): Json<OrderState>,
) -> Result<(StatusCode, axum::Json<Order>), Problem> {
    let market = &access.market;
    check_reference(&reference).map_err(|e| Problem::invalid("ref", e))?;
    let before = subject(&app, market, &reference).await?;
    let known = before.as_ref().and_then(fold);
    let told = before.as_ref().map(|s| Told::of(&s.history)).unwrap_or_default();
    let changes = body.differences(&app, market, known.as_ref(), &told)?;
    if !changes.is_empty() {
        deliver(&app, market, &reference, changes).await?;
    }
    let after = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let order = fold(&after).ok_or(Problem::NotFound)?;
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(Order::of(order, &after.history, market, &access.caller))))
}

impl OrderState {
    /// The changes that lead from what is known to this state.
    fn differences(
        &self,
        app: &App,
        market: &Market,
        known: Option<&fact::Order>,
        told: &Told,
    ) -> Result<Vec<(Instant, Change)>, Problem> {
        let now = now_after(app, market, told.last);
        let placed_at = moment("placed_at", &self.placed_at)?;
        let placed = self.placed(app, market)?;
        let mut changes = Vec::new();
        match known {
            None => changes.push((placed_at, Change::OrderPlaced(Box::new(placed)))),
            Some(order) => {
                is_news("placed_at", Some(order.placed), placed_at)?;
                if order.merchant != placed.merchant {
                    return Err(Problem::Conflict("`merchant` of an order cannot be changed".into()));
                }
                if !same(order, &placed) {
                    changes.push((now, Change::OrderPlaced(Box::new(placed))));
                }
            }
        }
        if let Some(at) = &self.accepted_at {
            let at = moment("accepted_at", at)?;
            if is_news("accepted_at", told.accepted, at)? {
                changes.push((at, Change::OrderAccepted));
            }
        }
        if let Some(step) = &self.shipped
            && let Some((at, tracking, carrier)) = step.news("shipped.at", &told.shipped, now)?
        {
            changes.push((at, Change::OrderShipped { tracking, carrier }));
        }
        if let Some(step) = &self.delivered
            && let Some((at, tracking, carrier)) = step.news("delivered.at", &told.delivered, now)?
        {
            changes.push((at, Change::OrderDelivered { tracking, carrier }));
        }
        if let Some(cancel) = &self.cancelled {
            let by = Actor::of_word(&cancel.by).ok_or_else(|| Problem::invalid("cancelled.by", "is not one of the actors"))?;
            let reason = CancelReason::of_word(&cancel.reason)
                .ok_or_else(|| Problem::invalid("cancelled.reason", "is not one of the reasons"))?;
            let at = moment("cancelled.at", &cancel.at)?;
            let first = is_news("cancelled.at", told.cancelled.map(|(at, ..)| at), at)?;
            if told.cancelled != Some((at, by, reason)) {
                changes.push((if first { at } else { now }, Change::OrderCancelled { by, reason }));
            }
        }
        Ok(changes)
    }

    fn placed(&self, app: &App, market: &Market) -> Result<Placed, Problem> {
        if self.amount.currency != market.currency {
            return Err(Problem::invalid("amount.currency", format!("must be {}", market.currency)));
        }
        let fulfilment = self.fulfilment.as_deref().map_or(Some(Fulfilment::Merchant), Fulfilment::of_word);
        let service = self.service.as_deref().map_or(Some(ServiceLevel::Standard), ServiceLevel::of_word);
        let time = |field: &str, text: &Option<String>| text.as_deref().map(|t| moment(field, t)).transpose();
        Ok(Placed {
            merchant: self.merchant.as_str().into(),
            buyer: app.keys.named(&market.code, "buyer", &self.buyer),
            listing: app.keys.named(&market.code, "listing", &self.listing),
            units: self.units.unwrap_or(1),
            amount: self.amount.minor,
            fulfilment: fulfilment.ok_or_else(|| Problem::invalid("fulfilment", "must be `merchant` or `platform`"))?,
            service: service.ok_or_else(|| Problem::invalid("service", "is not one of the service levels"))?,
            ship_by: time("ship_by", &self.ship_by)?,
            deliver_by: time("deliver_by", &self.deliver_by)?,
        })
    }
}

/// When a step was taken, by what number and with whom.
type Parcel = (Instant, Option<Text>, Option<Text>);

impl Step {
    /// What is to be told of it: all at its own moment, or at `now` what came to be known later.
    fn news(&self, field: &str, told: &told::Step, now: Instant) -> Result<Option<Parcel>, Problem> {
        let at = moment(field, &self.at)?;
        let first = is_news(field, told.at, at)?;
        let named = |said: &Option<String>, told: &Option<Text>| said.is_some() && said.as_deref() != told.as_deref();
        let more = named(&self.tracking, &told.tracking) || named(&self.carrier, &told.carrier);
        let when = if first { at } else { now };
        Ok((first || more).then(|| (when, self.tracking.as_deref().map(Text::from), self.carrier.as_deref().map(Text::from))))
    }
}

fn same(order: &fact::Order, placed: &Placed) -> bool {
    (&order.buyer.name, &order.listing.name) == (&placed.buyer.name, &placed.listing.name)
        && (order.units, order.amount, order.fulfilment, order.service)
            == (placed.units, placed.amount, placed.fulfilment, placed.service)
        && (order.ship_by, order.deliver_by) == (placed.ship_by, placed.deliver_by)
}

//! POST marketplaces.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Marketplace, RulesName, patched, setting_texts};
use crate::app::App;
use crate::http::access::{Operator, Run};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::ledger::Cause;
use crate::markets::{ClockKind, Override};
use crate::setup::{NewMarket, RulesSetup};
use andon_domain::enforce::policy::Policy;

/// A marketplace to set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMarketplace {
    /// 1 to 64 lower-case letters, digits and hyphens.
    code: String,
    name: String,
    /// ISO 4217, such as `BRL`.
    currency: String,
    /// IANA name, such as `America/Sao_Paulo`.
    time_zone: String,
    /// `en` where none is given.
    locale: Option<String>,
    /// `system` (the default), or `latest-event` for imported history.
    clock: Option<String>,
    rules: Option<RulesName>,
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
    #[serde(default)]
    overrides: BTreeMap<String, Override>,
    #[serde(default)]
    action_modes: BTreeMap<String, String>,
    /// What differs from the policy that holds where nothing is set.
    #[schema(value_type = Option<Object>)]
    policy: Option<Value>,
    /// Days of notice before announced rules, 0 to 365; 15 where none are given.
    notice_days: Option<u16>,
}

/// Set up a marketplace.
#[utoipa::path(post, path = "/v1/marketplaces", tag = "marketplaces", operation_id = "create_marketplace",
    request_body = NewMarketplace, responses((status = 201, body = Marketplace)))]
pub async fn create(
    State(app): State<Arc<App>>,
    access: Operator<Run>,
    Json(body): Json<NewMarketplace>,
) -> Result<Response, Problem> {
    if !access.caller.reaches(&body.code) {
        return Err(Problem::Forbidden("the token does not reach this marketplace".into()));
    }
    let cause = Cause::by(&access.caller.subject, "");
    let market = app.create_market(body.checked()?, cause).await?;
    let place = format!("/v1/marketplaces/{}", market.code);
    Ok((StatusCode::CREATED, [(LOCATION, place)], axum::Json(Marketplace::of(&market))).into_response())
}

impl NewMarketplace {
    fn checked(self) -> Result<NewMarket, Problem> {
        let clock = self.clock.as_deref().map_or(Some(ClockKind::System), ClockKind::of_word);
        Ok(NewMarket {
            code: self.code,
            name: self.name,
            currency: self.currency,
            time_zone: self.time_zone,
            locale: self.locale.unwrap_or_else(|| "en".into()),
            clock: clock.ok_or_else(|| Problem::invalid("clock", "must be `system` or `latest-event`"))?,
            rules: RulesSetup {
                rules: self.rules.map(RulesName::into_text),
                settings: setting_texts(self.settings)?,
                overrides: self.overrides,
                action_modes: self.action_modes,
                policy: self.policy.map_or_else(|| Ok(Policy::default()), |patch| patched(&Policy::default(), patch))?,
                notice_days: self.notice_days,
            },
        })
    }
}

//! PATCH a marketplace: JSON merge patch (RFC 7396) of what may change.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Marketplace, RulesName, patched, setting_text};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::shapes::reason;
use crate::ledger::Cause;
use crate::markets::{Market, Override};
use crate::setup::RulesSetup;

/// What to change; members of the three maps are set, or removed by null.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarketplacePatch {
    name: Option<String>,
    locale: Option<String>,
    rules: Option<RulesName>,
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Option<Value>>,
    #[serde(default)]
    #[schema(value_type = Object)]
    overrides: BTreeMap<String, Option<Override>>,
    #[serde(default)]
    #[schema(value_type = Object)]
    action_modes: BTreeMap<String, Option<String>>,
    /// Members of the policy to set; those that are null go back to what holds where nothing is set.
    #[schema(value_type = Option<Object>)]
    policy: Option<Value>,
    /// Days of notice before announced rules, 0 to 365.
    notice_days: Option<u16>,
    /// Why, for the ledger: 1 to 500 bytes.
    reason: Option<String>,
}

/// Change a marketplace. Overrides take effect at once. Other rules or settings are built from the stored facts in the background
/// and then take over for everyone; `building` names that generation until they do.
#[utoipa::path(patch, path = "/v1/marketplaces/{m}", tag = "marketplaces", operation_id = "change_marketplace",
    params(("m" = String, Path, description = "Marketplace code")),
    request_body = MarketplacePatch, responses((status = 200, body = Marketplace)))]
pub async fn change(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    Json(patch): Json<MarketplacePatch>,
) -> Result<axum::Json<Marketplace>, Problem> {
    let code = access.market.code.clone();
    let (name, locale) = (patch.name.clone(), patch.locale.clone());
    let why = patch.reason.as_deref().map(reason).transpose()?.unwrap_or_default();
    let setup = patch.onto(&access.market)?;
    let market = app.change_market(&code, name, locale, setup, Cause::by(&access.caller.subject, why)).await?;
    Ok(axum::Json(Marketplace::of(&market)))
}

impl MarketplacePatch {
    fn onto(self, market: &Market) -> Result<RulesSetup, Problem> {
        let mut settings = BTreeMap::new();
        for (key, value) in self.settings {
            let text = value.map(|value| setting_text(&key, value)).transpose()?;
            settings.insert(key, text);
        }
        Ok(RulesSetup {
            rules: self.rules.map(RulesName::into_text).or_else(|| market.rules.clone()),
            settings: merged(&market.settings, settings),
            overrides: merged(&market.overrides, self.overrides),
            action_modes: merged(&market.action_modes, self.action_modes),
            policy: self.policy.map_or_else(|| Ok(market.policy.clone()), |patch| patched(&market.policy, patch))?,
            notice_days: self.notice_days.or(market.notice_days),
        })
    }
}

fn merged<T: Clone>(old: &BTreeMap<String, T>, patch: BTreeMap<String, Option<T>>) -> BTreeMap<String, T> {
    let mut all = old.clone();
    for (key, value) in patch {
        match value {
            Some(value) => all.insert(key, value),
            None => all.remove(&key),
        };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_sets_and_removes() {
        let old = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        let patch = BTreeMap::from([("a".to_owned(), None), ("c".to_owned(), Some(3))]);
        assert_eq!(merged(&old, patch), BTreeMap::from([("b".to_owned(), 2), ("c".to_owned(), 3)]));
    }
}

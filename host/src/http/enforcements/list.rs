//! GET enforcements: of a marketplace, narrowed down, newest first.

use std::sync::Arc;

use andon_domain::enforce::measure::{Kind, Origin};
use andon_domain::enforce::stage::Stage;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::Enforcement;
use crate::app::App;
use crate::http::access::{Member, SeeEnforcements};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};
use crate::store::accounts;
use crate::store::enforcements::{self as rows, Filter};

/// Which enforcements, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Reference of a merchant.
    merchant: Option<String>,
    /// `in-review` is the queue of what waits for a person.
    stage: Option<String>,
    action: Option<String>,
    /// `rules`, `person` or `cord`.
    origin: Option<String>,
    /// Reference of a listing.
    listing: Option<String>,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Enforcements, newest first. A merchant's token sees that merchant's own, once they were decided.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/enforcements", tag = "enforcements", operation_id = "list_enforcements",
    params(("m" = String, Path, description = "Marketplace code"), Asked),
    responses((status = 200, body = Listed<Enforcement>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Member<SeeEnforcements>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Enforcement>>, Problem> {
    let market = &access.market;
    let own = access.caller.merchant().map(|m| m.reference.clone());
    let staff = own.is_none();
    let named = own.or_else(|| asked.merchant.clone());
    let list =
        format!("enforcements {} {named:?} {:?}", market.code, (&asked.stage, &asked.action, &asked.origin, &asked.listing));
    let limit = limit(asked.limit)?;
    let mut filter = asked.filter()?;
    filter.told = !staff;
    filter.before = border.cursors.after::<Uuid>(&list, asked.cursor.as_deref())?;
    if let Some(reference) = named.filter(|named| staff || asked.merchant.as_ref().is_none_or(|asked| asked == named)) {
        let Some(merchant) = app.store.merchant(market.id, &reference).await? else { return Ok(none()) };
        filter.merchant = Some(merchant.id);
    } else if !staff {
        return Ok(none());
    }
    let id = market.id;
    let (found, names) = app
        .store
        .read(move |session| {
            let found = rows::list(session, id, &filter, limit as usize + 1)?;
            let mut merchants: Vec<i64> = found.iter().map(|row| row.merchant).collect();
            merchants.dedup();
            let names = accounts::references(session, &merchants)?;
            Ok((found, names))
        })
        .await?;
    let (found, next) = border.cursors.cut(&list, found, limit, |last| last.id)?;
    let item = |row: rows::Enforcement| {
        let name = names.get(&row.merchant).cloned().unwrap_or_default();
        Enforcement::of(row, &name, staff)
    };
    Ok(Json(Listed { items: found.into_iter().map(item).collect(), next }))
}

fn none() -> Json<Listed<Enforcement>> {
    Json(Listed { items: Vec::new(), next: None })
}

impl Asked {
    fn filter(&self) -> Result<Filter, Problem> {
        Ok(Filter {
            stage: known("stage", self.stage.as_deref(), Stage::ALL)?,
            kind: known("action", self.action.as_deref(), Kind::ALL)?,
            origin: known("origin", self.origin.as_deref(), Origin::ALL)?,
            object: self.listing.clone(),
            ..Filter::default()
        })
    }
}

/// The value of a word; a problem that names all words where there is none.
pub(crate) fn known<T: Copy>(field: &str, word: Option<&str>, all: &[(T, &str)]) -> Result<Option<T>, Problem> {
    let Some(word) = word else { return Ok(None) };
    let words = || all.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|(_, known)| *known == word).map(|(value, _)| *value);
    found.map(Some).ok_or_else(|| Problem::invalid(field, format!("must be one of {}", words())))
}

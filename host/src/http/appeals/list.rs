//! GET appeals: the reviewers' queue, and a merchant's own.

use std::sync::Arc;

use andon_domain::enforce::appeal::Phase;
use andon_domain::ids::Instant;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::Appeal;
use crate::app::App;
use crate::http::access::{Member, SeeAppeals};
use crate::http::border::Border;
use crate::http::enforcements::list::known;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};
use crate::store::accounts::references;
use crate::store::appeals::{self as rows, Filter};

/// Which appeals, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Reference of a merchant.
    merchant: Option<String>,
    /// Id of the decision they are against.
    enforcement: Option<Uuid>,
    /// `filed`, `more-asked`, `more-given`, `more-lapsed`, `upheld` or `overturned`.
    phase: Option<String>,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Appeals by urgency: those whose merchants cannot trade first, then by when an answer is owed; those answered come last. A
/// merchant's token sees that merchant's own.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/appeals", tag = "appeals", operation_id = "list_appeals",
    params(("m" = String, Path, description = "Marketplace code"), Asked),
    responses((status = 200, body = Listed<Appeal>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Member<SeeAppeals>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Appeal>>, Problem> {
    let (market, own) = (&access.market, access.caller.merchant().map(|m| m.reference.clone()));
    let staff = own.is_none();
    let list = format!("appeals {} {own:?} {:?}", market.code, (&asked.merchant, &asked.enforcement, &asked.phase));
    let limit = limit(asked.limit)?;
    let mut filter = Filter { enforcement: asked.enforcement, ..Filter::default() };
    filter.phase = known("phase", asked.phase.as_deref(), Phase::ALL)?;
    filter.after = border.cursors.after::<(i64, Instant, Uuid)>(&list, asked.cursor.as_deref())?;
    let foreign = own.is_some() && asked.merchant.is_some() && own != asked.merchant;
    let found = match own.or(asked.merchant) {
        _ if foreign => return Ok(none()),
        None => read(&app, market.id, filter, limit as usize + 1).await?,
        Some(reference) => {
            let Some(merchant) = app.store.merchant(market.id, &reference).await? else { return Ok(none()) };
            read(&app, market.id, Filter { merchant: Some(merchant.id), ..filter }, limit as usize + 1).await?
        }
    };
    let (found, next) = border.cursors.cut(&list, found, limit, |(last, _)| last.place())?;
    let items = found.into_iter().map(|(row, merchant)| Appeal::of(row, &merchant, staff)).collect();
    Ok(Json(Listed { items, next }))
}

fn none() -> Json<Listed<Appeal>> {
    Json(Listed { items: Vec::new(), next: None })
}

/// Appeals with the references of their merchants.
async fn read(app: &App, market: i64, filter: Filter, limit: usize) -> Result<Vec<(rows::Appeal, String)>, Problem> {
    let found = app.store.read(move |session| {
        let found = rows::list(session, market, &filter, limit)?;
        let mut merchants: Vec<i64> = found.iter().map(|row| row.merchant).collect();
        merchants.sort_unstable();
        merchants.dedup();
        let names = references(session, &merchants)?;
        let named = |row: rows::Appeal| {
            let name = names.get(&row.merchant).cloned().unwrap_or_default();
            (row, name)
        };
        Ok(found.into_iter().map(named).collect())
    });
    Ok(found.await?)
}

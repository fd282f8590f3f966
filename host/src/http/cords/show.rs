//! GET a listing's cords.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Cord;
use crate::app::App;
use crate::http::access::{Member, OrderRef, SeeCords};
use crate::http::problem::Problem;
use crate::http::shapes::Listed;
use crate::store::{accounts, enforcements as rows};

/// Cords of one listing that are shown; there are seldom more.
const MOST: usize = 50;

/// A listing's cords, newest first. A merchant sees those of their own listings.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/listings/{ref}/cord", tag = "cords", operation_id = "list_cords",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Listing reference")),
    responses((status = 200, body = Listed<Cord>)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Member<SeeCords>,
    OrderRef(listing): OrderRef,
) -> Result<Json<Listed<Cord>>, Problem> {
    let market = access.market.id;
    let (cords, names) = app
        .store
        .read(move |session| {
            let cords = rows::cords_of(session, market, &listing, MOST)?;
            let names = accounts::references(session, &cords.iter().map(|c| c.merchant).collect::<Vec<_>>())?;
            Ok((cords, names))
        })
        .await?;
    let own = access.caller.merchant();
    let shown = |row: rows::Enforcement| {
        let name = names.get(&row.merchant)?;
        let allowed = own.is_none_or(|own| own.reference == *name && row.is_told());
        allowed.then(|| Cord::of(row, name, own.is_none()))
    };
    Ok(Json(Listed { items: cords.into_iter().filter_map(shown).collect(), next: None }))
}

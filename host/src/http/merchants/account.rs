//! GET a merchant's account: what holds for it, and by which measures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::app::App;
use crate::http::access::{AtMerchant, SeeEnforcements};
use crate::http::enforcements::Enforcement;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::store::StoreError;
use crate::store::{accounts, enforcements as rows};

/// What holds for a merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    merchant: String,
    /// `active`, `restricted`, `suspended` or `terminated`: as the narrowest measure has it.
    account: &'static str,
    /// Orders a day at most: the lowest cap.
    order_cap: Option<u32>,
    payouts_held: bool,
    badges: Vec<String>,
    /// References of listings off sale.
    listings_pulled: Vec<String>,
    /// When a person last lifted a suspension.
    reinstated_at: Option<String>,
    /// What is announced or in force, oldest first.
    enforcements: Vec<Enforcement>,
}

/// What holds for a merchant, and which enforcements make it so.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/account", tag = "enforcements", operation_id = "show_account",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    responses((status = 200, body = Account)))]
pub async fn account(State(app): State<Arc<App>>, access: AtMerchant<SeeEnforcements>) -> Result<Json<Account>, Problem> {
    let row = find(&app, &access.market, &access.merchant).await?;
    let (merchant, staff) = (row.id, access.caller.merchant().is_none());
    let (effect, open) = app
        .store
        .read(move |session| {
            let gone = || StoreError::undecodable("merchants", merchant);
            Ok((accounts::stored_effect(session, merchant)?.ok_or_else(gone)?, rows::open_of(session, merchant)?))
        })
        .await?;
    let (effect, reinstated) = effect;
    let shown = open.into_iter().filter(|row| staff || row.is_told());
    Ok(Json(Account {
        account: effect.account.word(),
        order_cap: effect.order_cap,
        payouts_held: effect.payouts_held,
        badges: effect.badges.into_iter().collect(),
        listings_pulled: effect.listings_pulled.into_iter().collect(),
        reinstated_at: reinstated.map(time),
        enforcements: shown.map(|open| Enforcement::of(open, &row.reference, staff)).collect(),
        merchant: row.reference,
    }))
}

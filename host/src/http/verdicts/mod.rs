//! `/v1/verdicts`: what was concluded, from what, by which rules; and the same again.

pub mod replay;
pub mod show;

use std::sync::Arc;

use uuid::Uuid;

use super::problem::Problem;
use crate::app::App;
use crate::auth::Caller;
use crate::markets::Market;
use crate::store::merchants::MerchantRow;
use crate::store::verdicts::VerdictRow;

/// A verdict with what it is about, if the caller may know of it.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<(VerdictRow, Arc<Market>, MerchantRow), Problem> {
    let id = Uuid::try_parse(id).map_err(|_| Problem::NotFound)?;
    let verdict = app.store.verdict(id).await?.ok_or(Problem::NotFound)?;
    let market = app.markets.by_id(verdict.marketplace).ok_or(Problem::NotFound)?;
    let merchant = app.store.merchant_by_id(verdict.merchant).await?.ok_or(Problem::NotFound)?;
    if caller.reaches_merchant(&market.code, &merchant.reference) {
        Ok((verdict, market, merchant))
    } else {
        Err(Problem::NotFound)
    }
}

//! GET a version's faults that are not over, and what the codes of faults and refusals mean.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Which, find};
use crate::app::App;
use crate::auth::Scope;
use crate::http::access::{Operator, Push};
use crate::http::border::Border;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit, time};
use crate::rules::CODES;
use crate::store::faults::{FaultPlace, OpenFault};

/// A fault that is not over.
#[derive(Debug, Serialize, ToSchema)]
pub struct PluginFault {
    /// Where the rules failed.
    marketplace: String,
    /// Whose verdict is stale for it; a hash without `health:read`.
    merchant: Option<String>,
    /// The order, contact or violation that they could not classify; null where they could not evaluate the merchant. A hash
    /// without `health:read`.
    subject: Option<String>,
    /// Listed with its meaning at `/v1/fault-codes`.
    code: String,
    message: String,
    /// How often in a row.
    count: i64,
    first_at: String,
    last_at: String,
    /// Fuel of the call that ended in the last, others asked about in it included; 0 where the rules were not asked, null where it
    /// happened before this was kept.
    fuel: Option<i64>,
    /// Digest of what they were asked about then: the subject's history as it is stored, or the merchant as rules are shown it but for
    /// the moment. The same digest again is the same question.
    input: Option<String>,
}

/// A code and what it means.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultCode {
    code: &'static str,
    meaning: &'static str,
}

/// Faults of a version that are not over, in the marketplaces that the token reaches. Without `health:read`, merchants and what the
/// rules fail on are named by hashes of this version's own.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}/faults", tag = "plugins", operation_id = "list_plugin_faults",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Version"), Paged),
    responses((status = 200, body = Listed<PluginFault>)))]
pub async fn faults(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Operator<Push>,
    path: Path<Which>,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<PluginFault>>, Problem> {
    let row = find(&app, &path).await?;
    let list = format!("faults {}", row.digest);
    let after = border.cursors.after::<FaultPlace>(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let mut generations = app.store.generations_with(&row.digest).await?;
    let market = |id: i64| app.markets.by_id(id).filter(|market| access.caller.reaches(&market.code));
    generations.retain(|(_, marketplace)| market(*marketplace).is_some());
    let ids: Vec<i64> = generations.iter().map(|(id, _)| *id).collect();
    let rows = app.store.open_faults(&ids, after, limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.place)?;
    let marketplace = |generation: i64| {
        let found = generations.iter().find(|(id, _)| *id == generation);
        found.and_then(|(_, id)| market(*id)).map(|market| market.code.clone()).unwrap_or_default()
    };
    let named = access.caller.may(Scope::HealthRead);
    let item = |open: OpenFault| {
        let fault = shown(marketplace(open.place.0), open);
        if named { fault } else { masked(&app, &row.digest, fault) }
    };
    Ok(Json(Listed { items: rows.into_iter().map(item).collect(), next }))
}

fn shown(marketplace: String, row: OpenFault) -> PluginFault {
    let OpenFault { place: _, merchant, subject, code, message, count, first_at, last_at, fuel, input } = row;
    let (first_at, last_at) = (time(first_at), time(last_at));
    PluginFault { marketplace, merchant, subject, code, message, count, first_at, last_at, fuel, input }
}

/// Who is the same as whom among this version's faults in one marketplace, and nothing else.
fn masked(app: &App, digest: &str, fault: PluginFault) -> PluginFault {
    let mask = |kind: &str, reference: String| {
        let text = [digest, &fault.marketplace, kind, &reference].join("\0");
        format!("{kind}-{:016x}", app.keys.digest("faults", text.as_bytes()))
    };
    let merchant = fault.merchant.map(|reference| mask("merchant", reference));
    let subject = fault.subject.map(|reference| mask("subject", reference));
    PluginFault { merchant, subject, ..fault }
}

/// What every code of a fault or refusal means.
#[utoipa::path(get, path = "/v1/fault-codes", tag = "plugins", operation_id = "list_fault_codes",
    responses((status = 200, body = Listed<FaultCode>)))]
pub async fn codes(_: Operator<Push>) -> Json<Listed<FaultCode>> {
    Json(Listed { items: CODES.iter().map(|(code, meaning)| FaultCode { code, meaning }).collect(), next: None })
}

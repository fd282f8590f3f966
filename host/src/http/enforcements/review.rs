//! POST approve, decline, lift and reverse: what a person does about an enforcement.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Enforcement, Which, find};
use crate::app::App;
use crate::http::access::{Review, Staff};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::store::enforcements::Enforcement as Row;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    reason: String,
}

macro_rules! review {
    ($($(#[doc = $doc:literal])+ $name:ident at $path:literal as $operation:literal;)+) => {
        $($(#[doc = $doc])+
        #[utoipa::path(post, path = $path, tag = "enforcements", operation_id = $operation,
            params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "Its id")),
            request_body = Grounds, responses((status = 200, body = Enforcement)))]
        pub async fn $name(
            State(app): State<Arc<App>>,
            access: Staff<Review>,
            path: Path<Which>,
            Json(Grounds { reason }): Json<Grounds>,
        ) -> Result<axum::Json<Enforcement>, Problem> {
            let done = app.$name(&access.market.code, path.0.id, &access.caller.subject, &reason).await?;
            shown(&app, &access, done).await
        })+
    };
}

review! {
    /// Agree to an enforcement in review. It goes ahead once as many people have as the policy asks for; nobody agrees twice, or to
    /// what they opened.
    approve at "/v1/marketplaces/{m}/enforcements/{id}/approve" as "approve_enforcement";
    /// Say no to an enforcement in review, or to one that was announced.
    decline at "/v1/marketplaces/{m}/enforcements/{id}/decline" as "decline_enforcement";
    /// End an enforcement in force whose time is over.
    lift at "/v1/marketplaces/{m}/enforcements/{id}/lift" as "lift_enforcement";
    /// Undo an enforcement that should not have been. What it had changed comes back; what others have changed since stays.
    reverse at "/v1/marketplaces/{m}/enforcements/{id}/reverse" as "reverse_enforcement";
}

async fn shown(app: &App, access: &Staff<Review>, row: Row) -> Result<axum::Json<Enforcement>, Problem> {
    let (row, merchant) = find(app, &access.market, row.id).await?;
    Ok(axum::Json(Enforcement::of(row, &merchant, true)))
}

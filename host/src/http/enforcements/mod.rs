//! `/v1/marketplaces/{m}/enforcements`: what is done about merchants, by rules and by people, and how far each has come.

pub mod list;
pub mod review;
pub mod show;
pub mod statement;
pub mod take;

use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::Kind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::enforce::is_automated;
use crate::markets::Market;
use crate::store::accounts;
use crate::store::enforcements::{self as rows, Enforcement as Row, Signed as Said};

/// What somebody said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Signed {
    /// Who; null where that is not for the reader.
    by: Option<String>,
    at: String,
    note: String,
}

/// An enforcement.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enforcement {
    id: Uuid,
    merchant: String,
    /// `notice`, `warning`, `ask-plan-of-action`, `restrict`, `suspend`, `terminate`, `cap-orders`, `hold-payouts`, `pull-listing`,
    /// `restore-listing`, `reinstate`, `award-badge` or `revoke-badge`.
    action: &'static str,
    /// The listing, with `pull-listing` and `restore-listing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
    /// The badge, with `award-badge` and `revoke-badge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<String>,
    /// Most orders a day, with `cap-orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders_a_day: Option<u32>,
    /// `rules`, `person` or `cord`.
    origin: &'static str,
    /// `observed` (noted, and nothing done), `in-review`, `scheduled`, `in-force`, `done`, `expired`, `lifted`, `declined`,
    /// `withdrawn` or `reversed`.
    stage: &'static str,
    /// What kept it from happening at once: `mode`, `new-merchant`, `immunity`, `cooldown`, `override`, `two-people`, `daily-cap`,
    /// `alarm`, `grace` or `notice`.
    held: Option<&'static str>,
    /// Codes of the reasons.
    reasons: Vec<String>,
    /// Whether nobody but rules decided.
    automated: bool,
    /// The verdict behind it.
    verdict: Option<Uuid>,
    /// Who opened it; null where that is not for the reader.
    author: Option<String>,
    opened_at: String,
    effective_at: String,
    /// When it ends by itself.
    ends_at: Option<String>,
    closed_at: Option<String>,
    /// Who agreed to it.
    approvals: Vec<Signed>,
    /// Who ended it, and why.
    closing: Option<Signed>,
    /// Enforcements that it ended.
    lifted: Vec<Uuid>,
}

/// Which enforcement, from the path.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// Its id.
    pub id: Uuid,
}

impl Enforcement {
    /// As staff see it, or as its merchant does: people of the marketplace have no names there.
    pub(super) fn of(row: Row, merchant: &str, staff: bool) -> Self {
        let by = |who: String| Some(who).filter(|who| staff || who.starts_with("rules:"));
        let signed = |said: Said| Signed { by: by(said.by), at: time(said.at), note: said.note };
        let automated = is_automated(&row);
        let (kind, object) = (row.measure.kind, Some(row.measure.object).filter(|object| !object.is_empty()));
        let is_listing = matches!(kind, Kind::PullListing | Kind::RestoreListing);
        let (listing, badge) = if is_listing { (object, None) } else { (None, object) };
        Self {
            id: row.id,
            merchant: merchant.to_owned(),
            action: kind.word(),
            listing,
            badge,
            orders_a_day: row.measure.amount,
            origin: row.origin.word(),
            stage: row.stage.word(),
            held: row.held.map(Held::word),
            reasons: row.record.reasons,
            automated,
            verdict: row.verdict,
            author: by(row.author),
            opened_at: time(row.opened_at),
            effective_at: time(row.effective_at),
            ends_at: row.ends_at.map(time),
            closed_at: row.closed_at.map(time),
            approvals: if staff { row.record.approvals.into_iter().map(signed).collect() } else { Vec::new() },
            closing: row.record.closing.map(signed),
            lifted: row.record.lifted,
        }
    }
}

/// An enforcement with the reference of its merchant, if there is one.
pub(super) async fn find(app: &App, market: &Market, id: Uuid) -> Result<(Row, String), Problem> {
    let market = market.id;
    let found = app.store.read(move |session| {
        let Some(row) = rows::one(session, market, id)? else { return Ok(None) };
        let name = accounts::references(session, &[row.merchant])?.remove(&row.merchant);
        Ok(name.map(|name| (row, name)))
    });
    found.await?.ok_or(Problem::NotFound)
}

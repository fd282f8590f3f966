//! GET merchants: filtered, sorted, by the page.

use std::sync::Arc;

use andon_domain::reading::Status;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Merchant;
use crate::app::App;
use crate::http::access::{Member, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::language::Language;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};
use crate::markets::Market;
use crate::pipeline::evaluate::status_letter;
use crate::store::merchants::{Filter, Page, Sort};

/// Whom to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Code of the standing in force.
    standing: Option<String>,
    /// Level of the standing in force.
    level: Option<String>,
    /// Least score.
    min_score: Option<i64>,
    /// Greatest score.
    max_score: Option<i64>,
    /// With `status`: the metric it is about.
    metric: Option<String>,
    /// `good`, `at-risk`, `breached` or `insufficient`.
    status: Option<String>,
    /// Part of the reference or name; of letters, A to Z are found in either case, others as they are written.
    text: Option<String>,
    /// What to sort by; greatest first unless `order` says otherwise.
    #[param(inline)]
    sort: Option<By>,
    /// Direction.
    #[param(inline)]
    order: Option<Direction>,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What lists are sorted by.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// By score.
    Score,
    /// By number of orders.
    Orders,
    /// By the time the standing came into force.
    Since,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Least first.
    Asc,
    /// Greatest first.
    Desc,
}

/// Merchants of a marketplace. A merchant's token finds itself.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants", tag = "merchants", operation_id = "list_merchants",
    params(("m" = String, Path, description = "Marketplace code"), Asked),
    responses((status = 200, body = Listed<Merchant>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Member<See>,
    language: Language,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Merchant>>, Problem> {
    let market = &access.market;
    let filter = Filter { reference: access.caller.merchant().map(|m| m.reference.clone()), ..asked.filter(market)? };
    let (sort, descending) = asked.sorting();
    let list = format!("merchants {} {filter:?} {sort:?} {descending}", market.code);
    let after = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let page = Page { sort, descending, after, limit: limit + 1 };
    let rows = app.store.merchants(market.id, &filter, page).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| page.position(last))?;
    let items = rows.iter().map(|row| Merchant::of(row, market, &language)).collect();
    Ok(Json(Listed { items, next }))
}

impl Asked {
    fn filter(&self, market: &Market) -> Result<Filter, Problem> {
        let status = match (&self.metric, &self.status) {
            (None, None) => None,
            (Some(metric), Some(status)) => {
                let index = market.generation.as_ref().and_then(|g| g.metric(metric));
                let index = index.ok_or_else(|| Problem::invalid("metric", "is not a metric of this marketplace's rules"))?;
                let status = Status::of_word(status).ok_or_else(|| Problem::invalid("status", "is not a status"))?;
                Some((index, status_letter(status)))
            }
            _ => return Err(Problem::invalid("status", "`metric` and `status` go together")),
        };
        if self.text.as_ref().is_some_and(|text| text.is_empty() || text.len() > 200) {
            return Err(Problem::invalid("text", "must be 1 to 200 bytes"));
        }
        Ok(Filter {
            standing: self.standing.clone(),
            level: self.level.clone(),
            min_score: self.min_score,
            max_score: self.max_score,
            status,
            text: self.text.clone(),
            reference: None,
        })
    }

    fn sorting(&self) -> (Sort, bool) {
        let sort = match self.sort {
            None => Sort::Id,
            Some(By::Score) => Sort::Score,
            Some(By::Orders) => Sort::Orders,
            Some(By::Since) => Sort::Since,
        };
        let descending = self.order.map_or(self.sort.is_some(), |order| matches!(order, Direction::Desc));
        (sort, descending)
    }
}

//! Merchants as an operator looks for them: by standing, level, score, status of a metric, or text.

use andon_domain::ids::Instant;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::entity::merchant::{Column, Entity, Model};
use super::{Store, StoreError};

/// A merchant's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantRow {
    /// Row number.
    pub id: i64,
    /// Reference.
    pub reference: String,
    /// Name.
    pub name: String,
    /// When it joined, where registered.
    pub joined_at: Option<Instant>,
    /// When it was registered, by the event's time; 0 while only its orders are known.
    pub registered_at: Instant,
    /// When its first order was placed.
    pub first_order: Option<Instant>,
    /// How many orders it has.
    pub orders: i64,
    /// Standing in force.
    pub standing: Option<String>,
    /// Its level.
    pub level: Option<String>,
    /// Since when.
    pub since: Option<Instant>,
    /// Where the newest verdict sees it.
    pub projected: Option<String>,
    /// 0 to 1000.
    pub score: Option<i64>,
    /// One letter a metric.
    pub statuses: String,
    /// The newest verdict.
    pub verdict: Option<Uuid>,
    /// When that was.
    pub verdict_at: Option<Instant>,
    /// When time alone makes it due.
    pub next_evaluation: Option<Instant>,
}

/// How a list is sorted; row numbers decide among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By row number.
    Id,
    /// By score.
    Score,
    /// By number of orders.
    Orders,
    /// By the time the standing came into force.
    Since,
}

/// Whom to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this standing.
    pub standing: Option<String>,
    /// On this level.
    pub level: Option<String>,
    /// With at least this score.
    pub min_score: Option<i64>,
    /// With at most this score.
    pub max_score: Option<i64>,
    /// With this letter for the metric of this index.
    pub status: Option<(usize, char)>,
    /// Whose reference or name holds this text, whatever the case of its letters A to Z.
    pub text: Option<String>,
    /// Only this reference.
    pub reference: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// By what.
    pub sort: Sort,
    /// Greatest first.
    pub descending: bool,
    /// After this value and row number.
    pub after: Option<(i64, i64)>,
    /// At most so many.
    pub limit: u64,
}

impl Store {
    /// The merchant of a reference.
    pub async fn merchant(&self, market: i64, reference: &str) -> Result<Option<MerchantRow>, StoreError> {
        let row =
            Entity::find().filter(Column::Marketplace.eq(market)).filter(Column::Reference.eq(reference)).one(self.db()).await?;
        Ok(row.map(read))
    }

    /// The merchant of a row number.
    pub async fn merchant_by_id(&self, id: i64) -> Result<Option<MerchantRow>, StoreError> {
        Ok(Entity::find_by_id(id).one(self.db()).await?.map(read))
    }

    /// How many merchants a marketplace has.
    pub async fn count_merchants(&self, market: i64) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait;
        Ok(Entity::find().filter(Column::Marketplace.eq(market)).count(self.db()).await?)
    }

    /// How many merchants have a verdict.
    pub async fn count_judged(&self, market: i64) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait;
        let judged = Entity::find().filter(Column::Marketplace.eq(market)).filter(Column::Verdict.is_not_null());
        Ok(judged.count(self.db()).await?)
    }

    /// A page of merchants.
    pub async fn merchants(&self, market: i64, filter: &Filter, page: Page) -> Result<Vec<MerchantRow>, StoreError> {
        let query = narrow(Entity::find().filter(Column::Marketplace.eq(market)), filter, self.db().get_database_backend());
        let query = sorted(query, page);
        Ok(query.limit(page.limit).all(self.db()).await?.into_iter().map(read).collect())
    }
}

fn narrow(mut query: Select<Entity>, filter: &Filter, backend: DbBackend) -> Select<Entity> {
    let equal = [(Column::Standing, &filter.standing), (Column::Level, &filter.level), (Column::Reference, &filter.reference)];
    for (column, value) in equal {
        if let Some(value) = value {
            query = query.filter(column.eq(value));
        }
    }
    if let Some(least) = filter.min_score {
        query = query.filter(Column::Score.gte(least));
    }
    if let Some(most) = filter.max_score {
        query = query.filter(Column::Score.lte(most));
    }
    if let Some((metric, letter)) = filter.status {
        let like = format!("{}{letter}%", "_".repeat(metric));
        query = query.filter(Column::Statuses.like(like));
    }
    if let Some(text) = &filter.text {
        let escaped = text.to_ascii_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let like = |column| folded(column, backend).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'));
        query = query.filter(Condition::any().add(like(Column::Reference)).add(like(Column::Name)));
    }
    query
}

/// A text with A to Z in lower case and all else as it is: what SQLite's `lower` does, and PostgreSQL's in the collation `C` alone.
fn folded(column: Column, backend: DbBackend) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust_with_expr("lower($1 collate \"C\")", Expr::col(column)),
        _ => Func::lower(Expr::col(column)).into(),
    }
}

fn sorted(mut query: Select<Entity>, page: Page) -> Select<Entity> {
    let order = if page.descending { Order::Desc } else { Order::Asc };
    let key = match page.sort {
        Sort::Id => Expr::col(Column::Id),
        Sort::Orders => Expr::col(Column::Orders),
        Sort::Score => Expr::col(Column::Score).if_null(0),
        Sort::Since => Expr::col(Column::Since).if_null(0),
    };
    if let Some((value, id)) = page.after {
        let beyond = |e: sea_orm::sea_query::Expr, than: i64| if page.descending { e.lt(than) } else { e.gt(than) };
        let tie = Condition::all().add(key.clone().eq(value)).add(beyond(Expr::col(Column::Id), id));
        query = query.filter(Condition::any().add(beyond(key.clone(), value)).add(tie));
    }
    query.order_by(key, order.clone()).order_by(Column::Id, order)
}

impl Page {
    /// Where the page after this row begins.
    pub fn position(&self, row: &MerchantRow) -> (i64, i64) {
        let value = match self.sort {
            Sort::Id => row.id,
            Sort::Orders => row.orders,
            Sort::Score => row.score.unwrap_or(0),
            Sort::Since => row.since.unwrap_or(0),
        };
        (value, row.id)
    }
}

fn read(row: Model) -> MerchantRow {
    MerchantRow {
        id: row.id,
        reference: row.reference,
        name: row.name,
        joined_at: row.joined_at,
        registered_at: row.registered_at,
        first_order: row.first_order,
        orders: row.orders,
        standing: row.standing,
        level: row.level,
        since: row.since,
        projected: row.projected,
        score: row.score,
        statuses: row.statuses,
        verdict: row.verdict,
        verdict_at: row.verdict_at,
        next_evaluation: row.next_evaluation,
    }
}

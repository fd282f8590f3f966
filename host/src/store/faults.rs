//! Faults of the rules that are not over: what makes a verdict stale.

use std::collections::HashMap;

use andon_domain::ids::Instant;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{fault, generation, merchant, subject};
use super::session::{Session, Value};
use super::{Store, StoreError};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultView {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// How often in a row.
    pub count: i64,
}

/// Generation, merchant and subject of a fault; the last two 0 where it has none.
pub type FaultPlace = (i64, i64, i64);

/// Places of the faults under some generations, in their order, after `after`.
pub(crate) fn failed(
    session: &mut dyn Session,
    generations: &[i64],
    after: FaultPlace,
    limit: usize,
) -> Result<Vec<FaultPlace>, StoreError> {
    let (generation, merchant, subject) = after;
    let among: Vec<String> = generations.iter().map(i64::to_string).collect();
    let sql = format!(
        "select generation, merchant, subject from faults
            where generation in ({}) and (generation, merchant, subject) > (?1, ?2, ?3)
            order by generation, merchant, subject limit ?4",
        among.join(", ")
    );
    let values = [generation, merchant, subject, limit as i64].map(Value::from);
    let rows = session.ask(&sql, &values)?;
    Ok(rows.iter().filter_map(|row| Some((row.int(0)?, row.int(1)?, row.int(2)?))).collect())
}

/// One fault with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFault {
    /// Where.
    pub place: FaultPlace,
    /// Reference of the merchant.
    pub merchant: Option<String>,
    /// Reference of the subject.
    pub subject: Option<String>,
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// How often in a row.
    pub count: i64,
    /// When first.
    pub first_at: Instant,
    /// When last.
    pub last_at: Instant,
    /// Fuel of the call that ended in the last; `None` where it happened before this was kept.
    pub fuel: Option<i64>,
    /// Digest of what was asked about then.
    pub input: Option<String>,
}

impl Store {
    /// A merchant's faults under a generation, at most `limit`, the last first.
    pub async fn faults_of(&self, generation: i64, merchant: i64, limit: u64) -> Result<Vec<FaultView>, StoreError> {
        let rows = fault::Entity::find()
            .filter(fault::Column::Generation.eq(generation))
            .filter(fault::Column::Merchant.eq(merchant))
            .order_by_desc(fault::Column::LastAt)
            .limit(limit)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|r| FaultView { code: r.code, message: r.message, count: r.count }).collect())
    }

    /// How many subjects each of these generations fails to classify, in the order asked for.
    pub async fn unclassified(&self, generations: &[i64]) -> Result<Vec<u64>, StoreError> {
        let mut counts = Vec::with_capacity(generations.len());
        for generation in generations {
            let faults = fault::Entity::find().filter(fault::Column::Generation.eq(*generation));
            counts.push(faults.filter(fault::Column::Subject.ne(0)).count(self.db()).await?);
        }
        Ok(counts)
    }

    /// Generations of a component, each with its marketplace.
    pub async fn generations_with(&self, component: &str) -> Result<Vec<(i64, i64)>, StoreError> {
        let query = generation::Entity::find().select_only().filter(generation::Column::Component.eq(component));
        let query = query.columns([generation::Column::Id, generation::Column::Marketplace]);
        Ok(query.order_by_asc(generation::Column::Id).into_tuple().all(self.db()).await?)
    }

    /// Faults under some generations, by place, those after `after` where given.
    pub async fn open_faults(
        &self,
        generations: &[i64],
        after: Option<FaultPlace>,
        limit: u64,
    ) -> Result<Vec<OpenFault>, StoreError> {
        use fault::Column::{Generation, Merchant, Subject};
        let mut query = fault::Entity::find().filter(Generation.is_in(generations.iter().copied()));
        if let Some((generation, merchant, subject)) = after {
            let same = Condition::all().add(Generation.eq(generation));
            let beyond = Condition::any()
                .add(Generation.gt(generation))
                .add(same.clone().add(Merchant.gt(merchant)))
                .add(same.add(Merchant.eq(merchant)).add(Subject.gt(subject)));
            query = query.filter(beyond);
        }
        let query = query.order_by_asc(Generation).order_by_asc(Merchant).order_by_asc(Subject).limit(limit);
        let rows = query.all(self.db()).await?;
        let merchants = self.merchant_references(rows.iter().map(|row| row.merchant)).await?;
        let subjects = self.subject_references(rows.iter().map(|row| row.subject)).await?;
        let open = rows.into_iter().map(|row| OpenFault {
            place: (row.generation, row.merchant, row.subject),
            merchant: merchants.get(&row.merchant).cloned(),
            subject: subjects.get(&row.subject).cloned(),
            code: row.code,
            message: row.message,
            count: row.count,
            first_at: row.first_at,
            last_at: row.last_at,
            fuel: row.fuel,
            input: row.input,
        });
        Ok(open.collect())
    }

    /// References of merchants by row number.
    pub async fn merchant_references(&self, ids: impl Iterator<Item = i64>) -> Result<HashMap<i64, String>, StoreError> {
        let query = merchant::Entity::find().select_only().columns([merchant::Column::Id, merchant::Column::Reference]);
        let found: Vec<(i64, String)> = query.filter(merchant::Column::Id.is_in(ids)).into_tuple().all(self.db()).await?;
        Ok(found.into_iter().collect())
    }

    async fn subject_references(&self, ids: impl Iterator<Item = i64>) -> Result<HashMap<i64, String>, StoreError> {
        let found = subject::Entity::find().filter(subject::Column::Id.is_in(ids)).all(self.db()).await?;
        Ok(found.into_iter().map(|row| (row.id, row.reference)).collect())
    }
}

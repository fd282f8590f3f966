//! Backtests that were asked for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backtests")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub marketplace: i64,
    pub component: String,
    pub name: String,
    pub version: String,
    pub settings: String,
    pub from_at: i64,
    pub to_at: i64,
    pub every: String,
    pub state: String,
    pub author: String,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub error: Option<String>,
    pub report: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

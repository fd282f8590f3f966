//! Merchants with the standing in force and the newest verdict.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchants")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub marketplace: i64,
    #[sea_orm(column_name = "ref")]
    pub reference: String,
    pub name: String,
    pub joined_at: Option<i64>,
    pub registered_at: i64,
    pub registered_tie: i64,
    pub first_order: Option<i64>,
    pub orders: i64,
    pub standing: Option<String>,
    pub level: Option<String>,
    pub since: Option<i64>,
    pub projected: Option<String>,
    pub score: Option<i64>,
    pub statuses: String,
    pub judged_day: Option<i64>,
    pub verdict: Option<Uuid>,
    pub verdict_at: Option<i64>,
    pub next_evaluation: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

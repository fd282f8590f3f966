//! Faults of rules that are not over.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "faults")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: i64,
    pub code: String,
    pub message: String,
    pub count: i64,
    pub first_at: i64,
    pub last_at: i64,
    pub fuel: Option<i64>,
    pub input: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

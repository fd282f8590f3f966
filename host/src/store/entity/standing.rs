//! Standings as they changed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "standings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub since: i64,
    pub standing: String,
    pub level: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub verdict: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

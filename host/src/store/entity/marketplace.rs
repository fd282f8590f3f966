//! Marketplaces as their operator set them up.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "marketplaces")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub code: String,
    pub name: String,
    pub currency: String,
    pub time_zone: String,
    pub locale: String,
    pub clock: String,
    pub latest_event: i64,
    pub rules: Option<String>,
    pub settings: String,
    pub overrides: String,
    pub action_modes: String,
    pub policy: String,
    pub notice_days: Option<i64>,
    pub generation: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

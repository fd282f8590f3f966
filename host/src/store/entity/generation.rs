//! One component with one set of settings for one marketplace, and what it is for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "generations")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub marketplace: i64,
    pub component: String,
    pub name: String,
    pub version: String,
    pub rules: String,
    pub settings: String,
    pub settings_digest: String,
    pub author: String,
    pub created_at: i64,
    pub state: String,
    pub share: i64,
    pub effective_at: Option<i64>,
    pub note: Option<String>,
    pub band: Option<String>,
    pub stopped: Option<String>,
    pub since: i64,
    pub subjects: i64,
    pub built: i64,
    pub built_to: i64,
    pub until: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

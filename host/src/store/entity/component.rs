//! Plugins: components of rules by digest, for good, with what is known of each.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "components")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    pub name: String,
    pub version: String,
    pub bytes: Vec<u8>,
    pub added_at: i64,
    pub pushed_by: String,
    pub manifest: Option<Vec<u8>>,
    pub withheld: Option<String>,
    pub reason: Option<String>,
    pub withheld_by: Option<String>,
    pub withheld_at: Option<i64>,
    pub error: Option<String>,
    pub rests: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

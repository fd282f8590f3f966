//! How a merchant is judged by a generation that moves nothing, beside the one that rules it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shadows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant: i64,
    pub at: i64,
    pub base: i64,
    pub fault: Option<String>,
    pub base_fault: Option<String>,
    pub standing: Option<String>,
    pub level: Option<String>,
    pub score: Option<i64>,
    pub base_standing: Option<String>,
    pub base_level: Option<String>,
    pub base_score: Option<i64>,
    pub direction: Option<String>,
    pub agrees: i64,
    pub new_breaches: i64,
    pub new_proposals: i64,
    pub vanished_proposals: i64,
    pub fuel: i64,
    pub base_fuel: i64,
    pub difference: Option<String>,
    pub input: Vec<u8>,
    pub output: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

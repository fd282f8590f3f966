//! What a fault took, and a digest of what the rules were asked about, so that whoever mends them can tell one question that fails
//! again and again from many that do.

use sea_orm_migration::prelude::*;

use crate::table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[expect(elided_lifetimes_in_paths, reason = "async_trait compares the spelling with the trait's own")]
#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, &["alter table faults add column fuel bigint", "alter table faults add column input text"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, &["alter table faults drop column input", "alter table faults drop column fuel"]).await
    }
}

//! Orders that compete for a buyer's places under a quota, in the order in which they stand: whose marks count hangs on it.

use sea_orm_migration::prelude::*;

use crate::table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[expect(elided_lifetimes_in_paths, reason = "async_trait compares the spelling with the trait's own")]
#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &["repeats"]).await
    }
}

const UP: &[&str] = &["create table repeats (
        generation bigint not null, merchant bigint not null, quota smallint not null, buyer bigint not null, at bigint not null,
        ref_key bigint not null, subject bigint not null,
        primary key (generation, merchant, quota, buyer, at, ref_key)){clustered}"];

//! Lanes of the hot path: whoever writes in one holds its row, so that two hosts never write in the same lane at once.

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
        table::drop(manager, &["lanes"]).await
    }
}

const UP: &[&str] =
    &["create table lanes (lane smallint primary key)", "insert into lanes (lane) values (0), (1), (2), (3), (4), (5), (6), (7)"];

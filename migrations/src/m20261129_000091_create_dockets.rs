//! Whom a transaction made due, in one row for all of them. PostgreSQL's events come in by several lanes, and a row for each merchant
//! in each transaction was a tenth of its work; SQLite has one writer, for whom a row costs a microsecond.

use sea_orm_migration::prelude::*;

use crate::table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[expect(elided_lifetimes_in_paths, reason = "async_trait compares the spelling with the trait's own")]
#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run_on_postgres(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run_on_postgres(manager, DOWN).await
    }
}

const UP: &[&str] = &["create table dockets (
    marketplace bigint not null, id bigint generated always as identity, stamp bigint not null, merchants bigint[] not null,
    primary key (marketplace, id))"];

/// Nobody who is due is forgotten.
const DOWN: &[&str] = &[
    "insert into dirty (marketplace, merchant, stamp)
        select marketplace, merchant, max(stamp) from dockets cross join unnest(merchants) m(merchant) group by marketplace, merchant
        on conflict (marketplace, merchant) do update set stamp = greatest(dirty.stamp + 1, excluded.stamp)",
    "drop table dockets",
];

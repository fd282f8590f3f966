//! Room in PostgreSQL's pages for rows that change again and again: a new version that finds room beside the old one needs no new
//! entry in any index. Rows that are there already move as they change. SQLite changes rows where they are.

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

/// An order's row changes four times in its life; those of merchants and of sums for as long as there are orders.
const UP: &[&str] = &[
    "alter table subjects set (fillfactor = 60)",
    "alter table merchants set (fillfactor = 70)",
    "alter table tallies set (fillfactor = 70)",
    "alter table dirty set (fillfactor = 70)",
];

const DOWN: &[&str] = &[
    "alter table subjects reset (fillfactor)",
    "alter table merchants reset (fillfactor)",
    "alter table tallies reset (fillfactor)",
    "alter table dirty reset (fillfactor)",
];

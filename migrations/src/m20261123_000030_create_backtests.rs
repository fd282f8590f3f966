//! Backtests that were asked for, how far each came, and what it found.

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
        table::drop(manager, &["backtests"]).await
    }
}

const UP: &[&str] = &[
    "create table backtests (
        id {id}, marketplace bigint not null, component text not null, name text not null, version text not null,
        settings text not null, from_at bigint not null, to_at bigint not null, every text not null, state text not null,
        author text not null, created_at bigint not null, started_at bigint, ended_at bigint, error text, report text)",
    "create index backtests_component on backtests (component, id)",
    "create index backtests_marketplace on backtests (marketplace, id)",
    "create index backtests_state on backtests (state, id)",
];

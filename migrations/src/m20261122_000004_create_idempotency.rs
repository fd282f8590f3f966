//! Answers kept so that a repeated write gets the first one again.

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
        table::drop(manager, &["idempotency"]).await
    }
}

const UP: &[&str] = &[
    "create table idempotency (
        key text primary key, fingerprint bigint not null, status smallint, headers text not null, body {blob}, created_at bigint not null)",
    "create index idempotency_age on idempotency (created_at)",
];

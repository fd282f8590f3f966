//! Marketplaces, the components that rule them, and generations: one component with one set of settings for one marketplace.

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
        table::drop(manager, &["generations", "components", "marketplaces", "meta"]).await
    }
}

const UP: &[&str] = &[
    "create table meta (name text primary key, value {blob} not null)",
    "create table marketplaces (
        id {id}, code text not null unique, name text not null, currency text not null, time_zone text not null,
        locale text not null, clock text not null, latest_event bigint not null, rules text, settings text not null,
        overrides text not null, action_modes text not null, notice_days bigint, generation bigint, created_at bigint not null,
        updated_at bigint not null)",
    "create table components (
        digest text primary key, name text not null, version text not null, bytes {blob} not null, added_at bigint not null)",
    "create table generations (
        id {id}, marketplace bigint not null, component text not null, name text not null, version text not null, rules text not null,
        settings text not null, settings_digest text not null, author text not null, created_at bigint not null,
        state text not null, share bigint not null, effective_at bigint, note text, band text, stopped text, since bigint not null,
        subjects bigint not null, built bigint not null, built_to bigint not null, until bigint not null)",
    "create index generations_marketplace on generations (marketplace, id)",
];

//! Components become plugins of a registry: one for each name and version, with who pushed it, what was done about it, why it cannot
//! run, and how often it was made to rest.

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
        table::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    "alter table components add column pushed_by text not null default ''",
    "alter table components add column manifest {blob}",
    "alter table components add column withheld text",
    "alter table components add column reason text",
    "alter table components add column withheld_by text",
    "alter table components add column withheld_at bigint",
    "alter table components add column error text",
    "alter table components add column rests bigint not null default 0",
    // A version used to be whatever was added last under its number. Of those, all but the last take their digest into the number
    // (as build metadata, which semantic versions pass over), because verdicts still name them.
    "update components set version = version || '+' || substr(digest, 8, 16) where exists (select 1 from components later
        where later.name = components.name and later.version = components.version and (later.added_at > components.added_at
            or later.added_at = components.added_at and later.digest > components.digest))",
    "create unique index components_version on components (name, version)",
    "create index components_age on components (added_at, digest)",
    "create index generations_component on generations (component)",
];

const DOWN: &[&str] = &[
    "drop index generations_component",
    "drop index components_age",
    "drop index components_version",
    "alter table components drop column rests",
    "alter table components drop column error",
    "alter table components drop column withheld_at",
    "alter table components drop column withheld_by",
    "alter table components drop column reason",
    "alter table components drop column withheld",
    "alter table components drop column manifest",
    "alter table components drop column pushed_by",
];

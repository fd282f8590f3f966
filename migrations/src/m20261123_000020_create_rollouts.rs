//! Changing rules: how merchants are judged in the shadow, how they stood before a generation ruled them, and what they are told.

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
        table::drop(manager, &["notices", "stood", "shadows"]).await
    }
}

const UP: &[&str] = &[
    "create table shadows (
        generation bigint not null, merchant bigint not null, at bigint not null, base bigint not null, fault text, base_fault text,
        standing text, level text, score bigint, base_standing text, base_level text, base_score bigint, direction text,
        agrees bigint not null, new_breaches bigint not null, new_proposals bigint not null, vanished_proposals bigint not null,
        fuel bigint not null, base_fuel bigint not null, difference text, input {blob} not null, output {blob} not null,
        primary key (generation, merchant)){clustered}",
    "create index shadows_direction on shadows (generation, direction, merchant)",
    "create table stood (
        generation bigint not null, merchant bigint not null, standing text, level text, since bigint, projected text, score bigint,
        statuses text not null, judged_day bigint, verdict {uuid}, verdict_at bigint, primary key (generation, merchant)){clustered}",
    "create table notices (
        id {id}, marketplace bigint not null, merchant bigint not null, generation bigint not null, kind text not null,
        effective_at bigint not null, at bigint not null, body text not null, unique (generation, merchant, kind))",
    "create index notices_merchant on notices (merchant, id)",
];

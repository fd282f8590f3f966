//! What facts add up to, and what was concluded: tallies, evidence, what is due, verdicts, standings and faults.

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
        table::drop(manager, &["faults", "standings", "verdicts", "agenda", "dirty", "evidence", "tallies"]).await
    }
}

const UP: &[&str] = &[
    "create table tallies (
        generation bigint not null, bucket bigint not null, merchant bigint not null, listing bigint not null, lane smallint not null,
        cells {blob} not null, primary key (generation, bucket, merchant, listing, lane)){clustered}",
    "create table evidence (
        generation bigint not null, merchant bigint not null, counter smallint not null, at bigint not null, subject bigint not null,
        ordinal smallint not null, day bigint not null, amount bigint not null, cause smallint, excluded smallint,
        buyer bigint not null, listing bigint not null,
        primary key (generation, merchant, counter, at, subject, ordinal)){clustered}",
    "create table dirty (marketplace bigint not null, merchant bigint not null, stamp bigint not null, primary key (marketplace, merchant)){clustered}",
    "create table agenda (marketplace bigint not null, at bigint not null, merchant bigint not null, primary key (marketplace, at, merchant)){clustered}",
    "create table verdicts (
        seq {id}, id {uuid} not null, marketplace bigint not null, merchant bigint not null, generation bigint not null, at bigint not null,
        binding boolean not null, input {blob} not null, output {blob} not null)",
    "create unique index verdicts_id on verdicts (id)",
    "create index verdicts_merchant on verdicts (merchant, seq)",
    "create table standings (
        merchant bigint not null, since bigint not null, standing text not null, level text not null, verdict {uuid} not null,
        primary key (merchant, since, verdict)){clustered}",
    "create table faults (
        generation bigint not null, merchant bigint not null, subject bigint not null, code text not null, message text not null,
        count bigint not null, first_at bigint not null, last_at bigint not null, primary key (generation, merchant, subject)){clustered}",
];

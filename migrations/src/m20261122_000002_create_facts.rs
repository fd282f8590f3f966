//! Events, and what they fold to: raw segments, the keys that find repeats, merchants, and subjects with their history.

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
        table::drop(manager, &["revisits", "subjects", "merchants", "seen", "segments"]).await
    }
}

const UP: &[&str] = &[
    "create table segments (id {id}, marketplace bigint not null, events bigint not null, raw {blob} not null)",
    "create table seen (event {blob} primary key, fingerprint bigint not null){clustered}",
    "create table merchants (
        id {id}, marketplace bigint not null, ref text not null, name text not null, joined_at bigint, registered_at bigint not null, registered_tie bigint not null,
        first_order bigint, orders bigint not null, standing text, level text, since bigint, projected text, score bigint,
        statuses text not null, judged_day bigint, verdict {uuid}, verdict_at bigint, next_evaluation bigint,
        unique (marketplace, ref))",
    "create table subjects (
        id {id}, marketplace bigint not null, kind smallint not null, ref_key bigint not null, ref text not null,
        merchant bigint, began bigint, history {blob} not null, marks {blob} not null, revisit bigint)",
    "create unique index subjects_ref on subjects (marketplace, kind, ref_key)",
    "create index subjects_merchant on subjects (merchant, id) where merchant is not null",
    "create table revisits (marketplace bigint not null, at bigint not null, subject bigint not null, primary key (marketplace, at, subject)){clustered}",
];

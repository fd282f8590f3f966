//! Appeals against decisions, and what merchants attach to them.

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
        table::drop(manager, &["attachments", "appeals"]).await
    }
}

const UP: &[&str] = &[
    "create table appeals (
        id {uuid} not null primary key,
        marketplace bigint not null,
        merchant bigint not null,
        enforcement {uuid} not null,
        round bigint not null,
        phase text not null,
        urgency bigint not null,
        answer_by bigint not null,
        filed_at bigint not null,
        due_at bigint,
        closed_at bigint,
        record text not null
    )",
    "create unique index appeals_enforcement on appeals (enforcement, round)",
    "create index appeals_queue on appeals (marketplace, urgency, answer_by, id)",
    "create index appeals_merchant on appeals (merchant, urgency, answer_by, id)",
    "create index appeals_due on appeals (marketplace, due_at) where due_at is not null",
    "create table attachments (
        merchant bigint not null,
        digest text not null,
        media_type text not null,
        at bigint not null,
        used bigint not null default 0,
        content {blob} not null,
        primary key (merchant, digest)
    )",
    "create index attachments_unused on attachments (merchant, at) where used = 0",
];

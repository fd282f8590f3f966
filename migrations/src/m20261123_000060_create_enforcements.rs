//! Enforcements, what they add up to for a merchant, what operators hold back, and what each day saw of each action.

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
        table::drop(manager, &["overrides", "complaints", "action_days", "enforcements"]).await?;
        table::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    "alter table marketplaces add column policy text not null default '{}'",
    "alter table merchants add column account text not null default 'active'",
    "alter table merchants add column order_cap bigint",
    "alter table merchants add column payouts_held bigint not null default 0",
    "alter table merchants add column badges text not null default ''",
    "alter table merchants add column reinstated bigint",
    "create table enforcements (
        id {uuid} not null primary key,
        marketplace bigint not null,
        merchant bigint not null,
        action text not null,
        object text not null,
        amount bigint,
        origin text not null,
        stage text not null,
        held text,
        days bigint,
        verdict {uuid},
        generation bigint,
        author text not null,
        opened_at bigint not null,
        effective_at bigint not null,
        ends_at bigint,
        due_at bigint,
        closed_at bigint,
        record text not null
    )",
    // Nothing is done twice: of one measure and origin at most one is open.
    "create unique index enforcements_open on enforcements (merchant, action, object, origin) where closed_at is null",
    "create index enforcements_merchant on enforcements (merchant, closed_at)",
    "create index enforcements_due on enforcements (marketplace, due_at) where due_at is not null",
    "create index enforcements_stage on enforcements (marketplace, stage, id)",
    "create index enforcements_object on enforcements (marketplace, object, id) where object <> ''",
    "create table action_days (
        marketplace bigint not null,
        action text not null,
        day bigint not null,
        seen bigint not null,
        taken bigint not null,
        primary key (marketplace, action, day)
    ){clustered}",
    // Who complained of what about which listing, last when: each buyer once for each reason.
    "create table complaints (
        marketplace bigint not null,
        listing bigint not null,
        reason text not null,
        buyer bigint not null,
        at bigint not null,
        subject bigint not null,
        primary key (marketplace, listing, reason, buyer)
    ){clustered}",
    "create index complaints_buyer on complaints (marketplace, buyer)",
    "create table overrides (
        marketplace bigint not null,
        merchant bigint not null,
        action text not null,
        reason text not null,
        author text not null,
        at bigint not null,
        until bigint not null,
        primary key (merchant, action)
    ){clustered}",
];

const DOWN: &[&str] = &[
    "alter table merchants drop column reinstated",
    "alter table merchants drop column badges",
    "alter table merchants drop column payouts_held",
    "alter table merchants drop column order_cap",
    "alter table merchants drop column account",
    "alter table marketplaces drop column policy",
];

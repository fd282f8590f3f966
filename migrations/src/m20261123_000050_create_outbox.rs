//! What leaves the host: messages in the order of their commit, the endpoints that want them, and how far each delivery is.

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
        table::drop(manager, &["deliveries", "webhooks", "outbox"]).await
    }
}

const UP: &[&str] = &[
    "create table outbox (
        id {id}, message {uuid} not null, marketplace bigint not null, merchant bigint, kind text not null, subject text not null,
        at bigint not null, created_at bigint not null, data text not null, confirm smallint not null, chase_at bigint,
        chases bigint not null default 0, confirmed_at bigint, confirmed_by text)",
    "create unique index outbox_message on outbox (message)",
    "create index outbox_marketplace on outbox (marketplace, id)",
    "create index outbox_merchant on outbox (merchant, id) where merchant is not null",
    "create index outbox_chase on outbox (chase_at) where chase_at is not null",
    "create table webhooks (
        id {id}, marketplace bigint not null, url text not null, description text not null, events text not null,
        secret text not null, old_secret text, old_until bigint, state text not null, reason text, failing_since bigint,
        resume_at bigint, created_by text not null, created_at bigint not null, updated_at bigint not null)",
    "create index webhooks_marketplace on webhooks (marketplace, id)",
    "create table deliveries (
        endpoint bigint not null, message bigint not null, state text not null, attempts bigint not null, next_at bigint,
        last_at bigint, status bigint, error text, primary key (endpoint, message)){clustered}",
    "create index deliveries_due on deliveries (endpoint, next_at) where next_at is not null",
    "create index deliveries_failed on deliveries (endpoint, message) where state = 'failed'",
];

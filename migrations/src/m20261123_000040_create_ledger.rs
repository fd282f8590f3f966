//! The ledger of each marketplace: entries that hold each other's hashes, and the complete subtrees of the tree over them. The database
//! itself refuses to change or remove what is there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[expect(elided_lifetimes_in_paths, reason = "async_trait compares the spelling with the trait's own")]
#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::run(manager, UP).await?;
        table::run(manager, if is_sqlite(manager) { SQLITE } else { POSTGRES }).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &["ledger_nodes", "ledger"]).await?;
        table::run(manager, if is_sqlite(manager) { &[] } else { POSTGRES_DOWN }).await
    }
}

fn is_sqlite(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Sqlite
}

const UP: &[&str] = &[
    "create table ledger (
        marketplace bigint not null, seq bigint not null, at bigint not null, actor text not null, salt {blob} not null,
        kind text not null, merchant text, about text not null, reason text not null, before text, after text,
        previous {blob} not null, hash {blob} not null, primary key (marketplace, seq)){clustered}",
    "create index ledger_kind on ledger (marketplace, kind, seq)",
    "create index ledger_merchant on ledger (marketplace, merchant, seq) where merchant is not null",
    "create index ledger_about on ledger (marketplace, about, seq)",
    "create table ledger_nodes (
        marketplace bigint not null, level smallint not null, place bigint not null, hash {blob} not null,
        primary key (marketplace, level, place)){clustered}",
];

/// `insert or replace` asks no trigger on deletes before it removes what it replaces, so inserts are looked at too.
const SQLITE: &[&str] = &[
    "create trigger ledger_keeps before update on ledger begin select raise(abort, 'the ledger is append-only'); end",
    "create trigger ledger_stays before delete on ledger begin select raise(abort, 'the ledger is append-only'); end",
    "create trigger ledger_grows before insert on ledger
        when exists (select 1 from ledger where marketplace = new.marketplace and seq = new.seq)
        begin select raise(abort, 'the ledger is append-only'); end",
    "create trigger ledger_nodes_keep before update on ledger_nodes begin select raise(abort, 'the ledger is append-only'); end",
    "create trigger ledger_nodes_stay before delete on ledger_nodes begin select raise(abort, 'the ledger is append-only'); end",
    "create trigger ledger_nodes_grow before insert on ledger_nodes
        when exists (select 1 from ledger_nodes where marketplace = new.marketplace and level = new.level and place = new.place)
        begin select raise(abort, 'the ledger is append-only'); end",
];

const POSTGRES: &[&str] = &[
    "create function ledger_is_append_only() returns trigger language plpgsql as
        $$ begin raise exception 'the ledger is append-only'; end $$",
    "create trigger ledger_keeps before update or delete or truncate on ledger
        for each statement execute function ledger_is_append_only()",
    "create trigger ledger_nodes_keep before update or delete or truncate on ledger_nodes
        for each statement execute function ledger_is_append_only()",
];

const POSTGRES_DOWN: &[&str] = &["drop function ledger_is_append_only"];

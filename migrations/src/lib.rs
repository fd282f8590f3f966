//! Andon's schema: an ordered list of changes, each in a file of its own that is never edited once it has shipped.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m20261122_000001_create_marketplaces;
mod m20261122_000002_create_facts;
mod m20261122_000003_create_judgements;
mod m20261122_000004_create_idempotency;
mod m20261122_000005_create_lanes;
mod m20261122_000006_create_repeats;
mod m20261123_000010_register_plugins;
mod m20261123_000020_create_rollouts;
mod m20261123_000030_create_backtests;
mod m20261123_000040_create_ledger;
mod m20261123_000050_create_outbox;
mod m20261123_000060_create_enforcements;
mod m20261123_000070_create_appeals;
mod m20261124_000080_leave_room;
mod m20261129_000090_hold_sums;
mod m20261129_000091_create_dockets;
mod m20261129_000092_describe_faults;
mod table;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_marketplaces::Migration),
            Box::new(m20261122_000002_create_facts::Migration),
            Box::new(m20261122_000003_create_judgements::Migration),
            Box::new(m20261122_000004_create_idempotency::Migration),
            Box::new(m20261122_000005_create_lanes::Migration),
            Box::new(m20261122_000006_create_repeats::Migration),
            Box::new(m20261123_000010_register_plugins::Migration),
            Box::new(m20261123_000020_create_rollouts::Migration),
            Box::new(m20261123_000030_create_backtests::Migration),
            Box::new(m20261123_000040_create_ledger::Migration),
            Box::new(m20261123_000050_create_outbox::Migration),
            Box::new(m20261123_000060_create_enforcements::Migration),
            Box::new(m20261123_000070_create_appeals::Migration),
            Box::new(m20261124_000080_leave_room::Migration),
            Box::new(m20261129_000090_hold_sums::Migration),
            Box::new(m20261129_000091_create_dockets::Migration),
            Box::new(m20261129_000092_describe_faults::Migration),
        ]
    }
}

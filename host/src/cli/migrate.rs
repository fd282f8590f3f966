//! `andon migrate`: the schema, up and down by hand. The host itself brings it up to date when it starts.

use andon_migrations::{Migrator, MigratorTrait};
use anyhow::Context;

use crate::store::connect;

/// What to do with the schema.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Apply what is missing.
    Up,
    /// Undo the last one.
    Down,
    /// List them.
    Status,
}

/// Does it and prints where the schema stands.
pub async fn run(database_url: &str, command: &Command) -> anyhow::Result<()> {
    let db = connect(database_url).await.context("the database cannot be opened")?;
    match command {
        Command::Up => Migrator::up(&db, None).await?,
        Command::Down => Migrator::down(&db, Some(1)).await?,
        Command::Status => {}
    }
    for migration in Migrator::get_migration_with_status(&db).await? {
        println!("{}  {}", migration.status(), migration.name());
    }
    Ok(())
}

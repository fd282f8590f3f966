//! Databases of one run: made for it, gone after it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Where a run keeps its databases.
pub(super) struct Place {
    home: PathBuf,
    server: Option<String>,
    made: Vec<String>,
}

impl Place {
    /// Below the temporary directory, or, with a `postgres:` URL, on that server as well.
    pub(super) fn new(server: Option<String>) -> anyhow::Result<Self> {
        if let Some(url) = server.as_deref().filter(|url| !url.starts_with("postgres")) {
            bail!("{} is no postgres: URL; SQLite is measured where none is given", url.split(':').next().unwrap_or_default());
        }
        let home = std::env::temp_dir().join(format!("andon-bench-{}", std::process::id()));
        std::fs::create_dir(&home).with_context(|| format!("{} cannot be made", home.display()))?;
        Ok(Self { home, server, made: Vec::new() })
    }

    /// A directory of the run's own.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Whether it is PostgreSQL that is measured.
    pub(super) fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// The file of a SQLite database.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home.join(format!("{name}.db"))
    }

    /// The URL of a new, empty database.
    pub(super) async fn database(&mut self, name: &str) -> anyhow::Result<String> {
        let Some(server) = &self.server else { return Ok(format!("sqlite:{}", self.file(name).display())) };
        let name = format!("andon_bench_{}_{name}", std::process::id());
        let url = with_database(server, &name)?;
        let mut admin = PgConnection::connect(server).await.context("the PostgreSQL server cannot be reached")?;
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name} template template0"))).execute(&mut admin).await?;
        self.made.push(name);
        Ok(url)
    }

    /// Removes all of it.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.home).with_context(|| format!("{} cannot be removed", self.home.display()))?;
        if let Some(server) = &self.server {
            let mut admin = PgConnection::connect(server).await?;
            for name in &self.made {
                sqlx::raw_sql(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&mut admin).await?;
            }
        }
        Ok(())
    }
}

fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let (place, query) = url.split_once('?').map_or((url, String::new()), |(place, query)| (place, format!("?{query}")));
    let (scheme, rest) = place.split_once("://").context("a postgres: URL has a `://`")?;
    let server = rest.split_once('/').map_or(rest, |(server, _)| server);
    Ok(format!("{scheme}://{server}/{name}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_changes() {
        let with = |url| with_database(url, "x").unwrap();
        assert_eq!(with("postgres://u@h:1/d?host=/tmp"), "postgres://u@h:1/x?host=/tmp");
        assert_eq!(with("postgres://u@h"), "postgres://u@h/x");
        assert!(with_database("postgres:", "x").is_err());
    }
}

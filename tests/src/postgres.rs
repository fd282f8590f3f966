//! One PostgreSQL server for each process of tests, on a socket of its own, and a database for each test, copied from a
//! migrated template. Nothing is assumed to be running, and nothing is left behind.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use andon_migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tokio::sync::OnceCell;

/// A database that goes when this is dropped.
#[derive(Debug)]
pub(crate) struct PostgresDatabase {
    name: String,
}

struct Server {
    socket: PathBuf,
    programs: String,
    /// Its standard input is what keeps the server: the pipe closes when this process ends, whatever ends it.
    _keeper: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);

impl PostgresDatabase {
    /// A new database; `migrated` says whether it has the schema.
    pub(crate) async fn create(migrated: bool) -> Self {
        let server = SERVER.get_or_init(Server::start);
        TEMPLATE.get_or_init(|| server.make_template()).await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let template = if migrated { "migrated" } else { "template0" };
        let admin = server.connect("postgres").await;
        admin.execute_unprepared(&format!("create database {name} template {template}")).await.unwrap();
        admin.close().await.unwrap();
        Self { name }
    }

    /// How to reach it.
    pub(crate) fn url(&self) -> String {
        SERVER.get_or_init(Server::start).url(&self.name)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let server = SERVER.get_or_init(Server::start);
        let mut dropdb = Command::new(format!("{}dropdb", server.programs));
        dropdb.args(["--force", "--username=andon", &format!("--host={}", server.socket.display()), &self.name]);
        // Where this fails, the database goes with the server.
        let _ = dropdb.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Server {
    fn start() -> Self {
        let socket = tempfile::Builder::new().prefix("andon-pg-").tempdir().unwrap().keep();
        let programs = programs();
        let mut keeper = Command::new("sh")
            .args(["-c", include_str!("postgres.sh"), "postgres.sh"])
            .args([socket.as_os_str(), programs.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C must reach the tests only: the keeper still has to clean up.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not start; `tests/run` installs what the tests need");
        Self { socket, programs, _keeper: keeper }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://andon@localhost/{database}?host={}", self.socket.display())
    }

    async fn connect(&self, database: &str) -> DatabaseConnection {
        Database::connect(self.url(database)).await.unwrap()
    }

    async fn make_template(&self) {
        let admin = self.connect("postgres").await;
        admin.execute_unprepared("create database migrated template template0").await.unwrap();
        admin.close().await.unwrap();
        // A template may have no connection open when it is copied.
        let template = self.connect("migrated").await;
        Migrator::up(&template, None).await.unwrap();
        template.close().await.unwrap();
    }
}

/// Where the newest PostgreSQL keeps its programs, with a slash at the end; Debian has them outside the search path.
fn programs() -> String {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let newest = versions.max_by_key(|v| v.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    newest.map_or_else(String::new, |v| format!("{}/bin/", v.path().display()))
}

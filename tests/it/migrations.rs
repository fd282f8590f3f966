//! The schema goes up, down and up again on both databases, and is the same after the second time.

use andon_migrations::{Migrator, MigratorTrait};
use andon_tests::{Backend, TestDatabase, on_both};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

/// Every table and index: its definition on SQLite, its columns and definitions on PostgreSQL.
async fn schema(db: &DatabaseConnection, backend: Backend) -> Vec<String> {
    let sql = match backend {
        Backend::Sqlite => "select coalesce(sql, name) as line from sqlite_master where name <> 'sqlite_sequence' order by 1",
        Backend::Postgres => {
            "select concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) as line
               from information_schema.columns where table_schema = 'public'
             union all select indexdef from pg_indexes where schemaname = 'public'
             union all select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
               where connamespace = 'public'::regnamespace
             order by 1"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "line").unwrap()).collect()
}

on_both! {
    async fn up_down_up(backend) {
        let database = TestDatabase::empty(backend).await;
        let db = Database::connect(database.url()).await.unwrap();
        let bare = schema(&db, backend).await;
        Migrator::up(&db, None).await.unwrap();
        let first = schema(&db, backend).await;
        assert!(first.len() > bare.len());
        assert!(Migrator::get_pending_migrations(&db).await.unwrap().is_empty());

        Migrator::down(&db, None).await.unwrap();
        let left: Vec<_> = schema(&db, backend).await.into_iter().filter(|l| !l.contains("seaql_migrations")).collect();
        assert_eq!(left, bare, "down leaves something behind");
        Migrator::up(&db, None).await.unwrap();
        assert_eq!(schema(&db, backend).await, first);
    }

    async fn one_step_at_a_time(backend) {
        let database = TestDatabase::empty(backend).await;
        let db = Database::connect(database.url()).await.unwrap();
        let mut seen = Vec::new();
        for _ in Migrator::migrations() {
            Migrator::up(&db, Some(1)).await.unwrap();
            seen.push(schema(&db, backend).await);
        }
        while let Some(expected) = seen.pop() {
            assert_eq!(schema(&db, backend).await, expected);
            Migrator::down(&db, Some(1)).await.unwrap();
        }
    }
}

//! `andon migrate`: up, down, and where the schema stands.

use andon_migrations::{Migrator, MigratorTrait};
use andon_tests::{TestDatabase, on_both};

use super::andon;

on_both! {
    async fn the_schema_goes_up_and_down_by_hand(backend) {
        let database = TestDatabase::empty(backend).await;
        let home = tempfile::tempdir().unwrap();
        let place = ["--database-url", database.url(), "--home", home.path().to_str().unwrap()];
        let all = Migrator::migrations().len();
        // How many are said to be applied, of all, in the order of their names.
        let applied = |arguments: &[&str]| {
            let out = tokio::task::block_in_place(|| andon(&[&["migrate"], arguments].concat())).ok();
            let lines: Vec<_> = out.lines().map(|line| line.split_once("  ").unwrap()).collect();
            assert!(lines.len() == all && lines.is_sorted_by_key(|(_, name)| *name), "{out}");
            let applied = lines.iter().take_while(|(status, _)| *status == "Applied").count();
            assert!(lines[applied..].iter().all(|(status, _)| *status == "Pending"), "{out}");
            applied
        };
        let before = [&place[..], &["status"]].concat();
        assert_eq!(applied(&before), 0);
        assert_eq!(applied(&[&["up"], &place[..]].concat()), all, "where it is may stand behind as well");
        assert_eq!(applied(&[&["down"], &place[..]].concat()), all - 1);
        assert_eq!(applied(&before), all - 1);
        assert_eq!(applied(&[&["up"], &place[..]].concat()), all);
    }
}

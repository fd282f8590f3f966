//! Whoever gets past the triggers is found: the first entry that is not what it was is named, be it changed, moved, gone, or no longer
//! what the database has.

use std::process::Command;

use andon::ledger::audit::Published;
use andon_domain::ledger::{Chain, Record};
use andon_tests::events::NOW;
use andon_tests::{Backend, TestApp, on_both};
use sea_orm::{ConnectionTrait, Statement};

use super::{MARKET, checked, entries, problems, published, sql, struck};

/// Does away with what the database refuses, as only its owner can.
async fn unguard(test: &TestApp, backend: Backend) {
    match backend {
        Backend::Sqlite => {
            for trigger in
                ["ledger_keeps", "ledger_stays", "ledger_grows", "ledger_nodes_keep", "ledger_nodes_stay", "ledger_nodes_grow"]
            {
                sql(test, &format!("drop trigger {trigger}")).await;
            }
        }
        Backend::Postgres => {
            sql(test, "drop trigger ledger_keeps on ledger").await;
            sql(test, "drop trigger ledger_nodes_keep on ledger_nodes").await;
        }
    }
}

/// Tables that tests change behind the host's back.
const TABLES: [&str; 4] = ["ledger", "ledger_nodes", "marketplaces", "subjects"];

async fn keep(test: &TestApp) {
    for table in TABLES {
        sql(test, &format!("create table kept_{table} as select * from {table}")).await;
    }
}

async fn put_back(test: &TestApp) {
    for table in TABLES {
        sql(test, &format!("delete from {table}")).await;
        sql(test, &format!("insert into {table} select * from kept_{table}")).await;
    }
}

/// Puts other entries in place of a ledger's, every hash as it should be.
async fn rewrite(test: &TestApp, mut records: Vec<Record>) {
    let (mut chain, mut completed, market) = (Chain::new(MARKET), Vec::new(), test.market().id);
    sql(test, "delete from ledger").await;
    sql(test, "delete from ledger_nodes").await;
    let db = test.app.store.db();
    let execute = async |text: &str, values: Vec<sea_orm::Value>| {
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
    };
    for record in &mut records {
        let link = chain.seal(&record.said(), &mut completed);
        let r = record.clone();
        let values = vec![
            market.into(),
            (link.seq as i64).into(),
            r.at.into(),
            r.actor.into(),
            r.salt.to_vec().into(),
            r.kind.into(),
            r.merchant.into(),
            r.about.into(),
            r.reason.into(),
            r.before.into(),
            r.after.into(),
            link.previous.to_vec().into(),
            link.hash.to_vec().into(),
        ];
        execute("insert into ledger values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", values).await;
    }
    for (place, hash) in completed {
        let values = vec![market.into(), i16::from(place.level).into(), (place.index as i64).into(), hash.to_vec().into()];
        execute("insert into ledger_nodes values ($1, $2, $3, $4)", values).await;
    }
}

on_both! {
    async fn the_first_bad_entry_is_named(backend) {
        let test = struck(backend).await;
        let head = published(&test).await;
        unguard(&test, backend).await;
        keep(&test).await;
        let says = |seq: u64| format!("entry {seq} does not say what its hash stands for");
        let gap = "entry 1 is missing: entry 2 stands in its place".to_owned();
        let told = |name: &str, told: &str, is: &str| format!("entry 0: it left `{name}` of the marketplace as {told}, and it is {is}");
        for (change, expected) in [
            ("update ledger set reason = 'other' where seq = 2", says(2)),
            ("update ledger set actor = 'reviewer-9' where seq = 1", says(1)),
            ("update ledger set salt = previous where seq = 3", "inconsistent ledger row 3: its bytes do not decode".into()),
            ("update ledger set merchant = null where seq = 3", says(3)),
            ("update ledger set at = at + 1 where seq > 0", says(1)),
            ("update ledger set hash = previous where seq = 1", says(1)),
            ("update ledger set previous = hash where seq = 1", "entry 1 does not hold the hash of the entry before it".into()),
            ("delete from ledger where seq = 1", gap.clone()),
            ("delete from ledger where seq = 1; update ledger set seq = seq - 1 where seq = 2", "entry 1 does not hold the hash of the entry before it".into()),
            ("delete from ledger where seq = 0", "entry 0 is missing: entry 1 stands in its place".into()),
            ("delete from ledger where seq >= 2", "entry 2: 3 subtrees are kept where 2 entries complete 1".into()),
            ("update ledger set seq = -seq where seq = 3", "entry 3: 4 entries are kept, of which 3 follow on each other".into()),
            ("delete from ledger_nodes where level = 2", "entry 3: the subtree that it completes is not what is kept of it".into()),
            ("update ledger_nodes set hash = (select hash from ledger where seq = 0) where level = 1 and place = 0",
                "entry 1: the subtree that it completes is not what is kept of it".into()),
            ("insert into ledger_nodes select marketplace, level, place + 9, hash from ledger_nodes where level = 2",
                "entry 4: 4 subtrees are kept where 4 entries complete 3".into()),
            ("update marketplaces set notice_days = 1", told("notice_days", "20", "1")),
            ("update marketplaces set settings = '{\"a\": \"b\"}'", "no entry tells of `settings.a` of the marketplace".into()),
            ("update marketplaces set currency = 'EUR', name = 'Other'", told("currency", "\"BRL\"", "\"EUR\"")),
            ("delete from subjects where ref = 'b'", "entry 2: order b knows nothing of it".into()),
        ] {
            for statement in change.split("; ") {
                sql(&test, statement).await;
            }
            let found = match andon::ledger::audit::audit(&test.app.store, test.market().id, MARKET, None).await {
                Ok(audit) => audit.problems.first().cloned().unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{change}");
            put_back(&test).await;
            assert_eq!(checked(&test, Some(head)).await.problems, [""; 0], "put back after {change}");
        }
    }

    async fn only_a_published_head_tells_of_a_ledger_written_anew(backend) {
        let test = struck(backend).await;
        let (head, records) = (published(&test).await, entries(&test, MARKET).await);
        let earlier = Published { size: 2, root: test.app.store.ledger_path(test.market().id, 0, 2).await.unwrap().1 };
        unguard(&test, backend).await;
        let mut other = records.clone();
        other[2].actor = "somebody else".into();
        other[2].at = NOW + 5;
        rewrite(&test, other).await;
        // The actor of feedback is known to its order too.
        assert_eq!(problems(&test).await[0], "entry 2: order b knows nothing of it");
        let mut other = records.clone();
        other[0].reason = "another reason".into();
        rewrite(&test, other).await;
        assert_eq!(problems(&test).await, [""; 0]);
        for (head, entries) in [(head, 4), (earlier, 2)] {
            let found = checked(&test, Some(head)).await.problems;
            assert_eq!(found, [format!("the first {entries} entries are others than the published head stands for")]);
        }
        rewrite(&test, records[..3].to_vec()).await;
        assert_eq!(problems(&test).await, ["no entry tells that feedback on order a was counted"]);
        assert_eq!(checked(&test, Some(head)).await.problems, ["entry 3 is missing: the published head had 4 entries"]);
        assert_eq!(checked(&test, Some(earlier)).await.problems, ["no entry tells that feedback on order a was counted"]);
        rewrite(&test, records[1..].to_vec()).await;
        assert_eq!(problems(&test).await, [""; 0], "a ledger younger than its marketplace tells of less");
        rewrite(&test, records).await;
        assert_eq!(checked(&test, Some(head)).await.problems, [""; 0]);
    }

    async fn the_command_fails_and_names_it(backend) {
        let test = struck(backend).await;
        let head = published(&test).await;
        unguard(&test, backend).await;
        let home = tempfile::tempdir().unwrap();
        let url = test.database_url().to_owned();
        let verify = |head: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_andon-in-tests"));
            command.args(["verify", "--marketplace", MARKET, "--database-url", &url, "--head", head, "--home"]).arg(home.path());
            let output = command.output().unwrap();
            (output.status.success(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        let written = format!("{}:{}", head.size, head.root.map(|byte| format!("{byte:02x}")).concat());
        let aside = test.set_aside().await;
        let (good, said, complaint) = verify(&written);
        assert!(good && said.contains(&format!("olist: 4 entries in the ledger, head {written}: all agree")), "{said}{complaint}");
        assert!(!verify(&written.replace("4:", "3:")).0);
        assert!(verify("4:x").2.contains("ROOT must be 64 hexadecimal digits"));
        let test = aside.taken_up().await;
        sql(&test, "update ledger set reason = 'other' where seq = 2").await;
        let _aside = test.set_aside().await;
        let (good, said, complaint) = verify(&written);
        assert!(!good && said.contains("the first: entry 2 does not say what its hash stands for"), "{said}{complaint}");
        assert!(complaint.contains("the ledger does not hold"), "{complaint}");
    }
}

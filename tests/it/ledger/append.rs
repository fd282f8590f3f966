//! Appending: any number in one transaction or none at all, from several hosts at once, and every entry proved under every head.

use andon::store::ledger::{NewEntry, append};
use andon::store::{Session, StoreError};
use andon_domain::ledger::Hash;
use andon_tests::{Backend, TestApp, on_both};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{InclusionProof, RootHash};
use sea_orm::ConnectionTrait;
use sha2::Sha256;
use tokio::runtime::Handle;

use super::{MARKET, entries, problems, published, struck};

/// Does a writer's work on a plain thread, in a transaction of its own.
async fn write<T: Send + 'static>(
    test: &TestApp,
    lane: i16,
    work: impl FnOnce(&mut dyn Session) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (store, runtime) = (test.app.store.clone(), Handle::current());
    let done = tokio::task::spawn_blocking(move || {
        let mut session = store.session(lane, false, &runtime)?;
        let _gate = store.enter();
        session.begin()?;
        let done = work(session.as_mut())?;
        session.commit()?;
        Ok(done)
    });
    done.await.unwrap()
}

fn numbered(number: &str) -> NewEntry<'_> {
    let (before, after) = (Some("{}"), None);
    NewEntry { at: 7, actor: "andon", kind: "test.entered", merchant: Some(1), about: number, reason: "", before, after }
}

fn many(session: &mut dyn Session, market: i64, count: usize) -> Result<(), StoreError> {
    let numbers: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    append(session, market, &numbers.iter().map(|n| numbered(n)).collect::<Vec<_>>())
}

on_both! {
    async fn any_number_goes_in_at_once_and_every_path_leads_to_its_head(backend) {
        let test = struck(backend).await;
        let market = test.market().id;
        let mut heads = vec![published(&test).await];
        for count in [0, 1, 2, 5_000, 3] {
            write(&test, 0, move |session| many(session, market, count)).await.unwrap();
            heads.push(published(&test).await);
        }
        let all = entries(&test, MARKET).await;
        assert_eq!((all.len(), &*all[9].about, all[9].merchant.as_deref()), (4 + 5_006, "2", Some("m")));
        assert_eq!(problems(&test).await, [""; 0]);
        for head in heads {
            let mut other = MemoryBackedTree::<Sha256, Hash>::new();
            for entry in all.iter().take(head.size as usize) {
                other.push(entry.hash);
            }
            assert_eq!(head.root, Hash::from(*other.root().as_bytes()));
            let root = RootHash::<Sha256>::new(head.root.into(), head.size);
            for seq in [0, 1, 3, 4, 2_047, 2_048, 5_000, head.size - 1].into_iter().filter(|seq| *seq < head.size) {
                let (path, end) = test.app.store.ledger_path(market, seq, head.size).await.unwrap();
                assert_eq!(end, head.root);
                let proof = InclusionProof::<Sha256>::try_from_bytes(path.concat()).unwrap();
                root.verify_inclusion(&all[seq as usize].hash, seq, &proof).unwrap();
            }
        }
    }

    async fn what_is_undone_was_never_entered(backend) {
        let test = struck(backend).await;
        let (market, before) = (test.market().id, published(&test).await);
        let undone = write(&test, 0, move |session| {
            many(session, market, 3)?;
            append(session, market, &[NewEntry { merchant: Some(99), ..numbered("of nobody") }])
        });
        let error = undone.await.unwrap_err().to_string();
        assert_eq!(error, "inconsistent merchants row 99: it is not there");
        assert_eq!(published(&test).await, before);
        assert_eq!(problems(&test).await, [""; 0]);
    }

    async fn the_database_itself_keeps_what_is_entered(backend) {
        let test = struck(backend).await;
        let before = entries(&test, MARKET).await;
        let columns = "marketplace, seq, at, actor, salt, kind, merchant, about, reason, before, after, previous, hash";
        let again = format!("into ledger ({columns}) select {columns} from ledger where seq = 1");
        let node = "into ledger_nodes (marketplace, level, place, hash) select marketplace, level, place, hash from ledger_nodes where true";
        let mut refused = vec![
            "update ledger set reason = 'other' where seq = 1".to_owned(),
            "update ledger set marketplace = 9".to_owned(),
            "delete from ledger where seq = 3".to_owned(),
            "delete from ledger".to_owned(),
            format!("insert {again} on conflict (marketplace, seq) do update set reason = 'other'"),
            "update ledger_nodes set hash = salt from ledger where ledger.seq = 0".to_owned(),
            "delete from ledger_nodes".to_owned(),
            format!("insert {node} on conflict (marketplace, level, place) do update set hash = excluded.hash"),
        ];
        refused.extend(match backend {
            Backend::Sqlite => [format!("insert or replace {again}"), format!("replace {node}")],
            Backend::Postgres => ["truncate ledger".to_owned(), "truncate ledger_nodes cascade".to_owned()],
        });
        for sql in refused {
            let error = test.app.store.db().execute_unprepared(&sql).await.unwrap_err().to_string();
            assert!(error.contains("the ledger is append-only"), "{sql}: {error}");
        }
        assert_eq!(entries(&test, MARKET).await, before);
        assert_eq!(problems(&test).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_in_other_lanes_wait_for_each_other() {
    let test = struck(Backend::Postgres).await;
    let market = test.market().id;
    let host = async |lane| {
        for _ in 0..40 {
            write(&test, lane, move |session| many(session, market, 3)).await.unwrap();
        }
    };
    tokio::join!(host(0), host(1), host(2));
    assert_eq!(published(&test).await.size, 4 + 3 * 40 * 3);
    assert_eq!(problems(&test).await, [""; 0]);
}

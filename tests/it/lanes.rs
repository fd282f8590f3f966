//! Several hosts on one PostgreSQL: one writer a lane, nothing lost between lanes, and a connection that breaks comes back.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::sync::Arc;
use std::thread::JoinHandle;

use andon::store::session::{For, Front, Hold, Judgement, Repeat, Seen, Session, Subject, TallyKey};
use andon::store::{Store, StoreError};
use andon_domain::change::Kind;
use andon_domain::history::History;
use andon_domain::quota::Place;
use andon_domain::tally::{Bucket, Slot};
use andon_tests::{Backend, TestDatabase};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use tokio::runtime::Handle;

const KEY: TallyKey = TallyKey { generation: 1, bucket: 0, merchant: 1, listing: 0 };

struct Hosts {
    store: Arc<Store>,
    /// One connection and no more, which tells what the others do.
    observer: DatabaseConnection,
    runtime: Handle,
    _database: TestDatabase,
}

impl Hosts {
    async fn new() -> Self {
        let database = TestDatabase::new(Backend::Postgres).await;
        let mut options = ConnectOptions::new(database.url());
        let observer = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
        let store = Store::open(database.url(), [0; 16]).await.unwrap();
        Self { store, observer, runtime: Handle::current(), _database: database }
    }

    /// Calls of a test are made on a plain thread, as sessions want it.
    async fn run(work: impl FnOnce(&Self) + Send + 'static) {
        let hosts = Self::new().await;
        tokio::task::spawn_blocking(move || work(&hosts)).await.unwrap();
    }

    /// A session of another host.
    fn session(&self, lane: i16) -> Box<dyn Session> {
        self.store.session(lane, false, &self.runtime).unwrap()
    }

    /// Begins in a lane and works on, in a thread of its own.
    fn spawn<T: Send + 'static>(&self, lane: i16, work: impl FnOnce(&mut dyn Session) -> T + Send + 'static) -> JoinHandle<T> {
        let mut session = self.session(lane);
        std::thread::spawn(move || {
            session.begin().unwrap();
            work(session.as_mut())
        })
    }

    fn number(&self, sql: &str) -> i64 {
        let statement = Statement::from_string(self.observer.get_database_backend(), sql);
        self.runtime.block_on(self.observer.query_one_raw(statement)).unwrap().unwrap().try_get("", "n").unwrap()
    }

    /// Returns once some connection waits for a lock.
    fn wait_until_blocked(&self) {
        let sql = "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while self.number(sql) == 0 {}
    }

    /// Breaks every connection but the observer's, and returns once they are gone.
    fn break_connections(&self) {
        let sql = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        while self.number(sql) > 0 {}
    }
}

fn subject(id: i64, reference: &str) -> Subject {
    let (history, marks) = (History::default(), Vec::new());
    let (merchant, began, revisit) = (None, None, None);
    Subject { id, market: 1, kind: Kind::Order, key: 7, reference: reference.into(), merchant, began, history, marks, revisit }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_host_at_a_time_writes_in_a_lane() {
    Hosts::run(|hosts| {
        let mut first = hosts.session(3);
        first.begin().unwrap();
        let second = hosts.spawn(3, |s| s.buckets(&[KEY]).unwrap());
        hosts.wait_until_blocked();
        hosts.spawn(4, |s| s.commit().unwrap()).join().unwrap();
        let mut bucket = Bucket::default();
        bucket.add(0, Slot::counted(0), 1);
        first.put_buckets(&[(KEY, bucket.clone())]).unwrap();
        first.commit().unwrap();
        assert_eq!(second.join().unwrap(), [bucket.clone()]);
        assert_eq!(hosts.session(4).buckets(&[KEY]).unwrap(), [Bucket::default()], "another lane's own sums");
        assert_eq!(hosts.session(4).books(1, &[1], 0, 0).unwrap(), [(1, 0, 0, bucket)], "every lane's sums");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_host_writes_in_a_lane_that_is_not_there() {
    Hosts::run(|hosts| assert!(matches!(hosts.session(8).begin(), Err(StoreError::Inconsistent { table: "lanes", .. })))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slower_of_two_hosts_tries_again() {
    Hosts::run(|hosts| {
        let mut first = hosts.session(0);
        first.begin().unwrap();
        assert_eq!(first.remember(&[([1; 16], 5)]).unwrap(), [Seen::New]);
        let ids = first.new_subject_ids(2).unwrap();
        let slower = hosts.spawn(1, |s| {
            let lost = s.remember(&[([1; 16], 5)]);
            s.rollback();
            s.begin().unwrap();
            (lost, s.remember(&[([1; 16], 5)]))
        });
        hosts.wait_until_blocked();
        first.commit().unwrap();
        let (lost, again) = slower.join().unwrap();
        assert!(matches!(lost, Err(StoreError::Busy(_))), "{lost:?}");
        assert_eq!(again.unwrap(), [Seen::Same]);

        first.begin().unwrap();
        first.put_subjects(&[&subject(ids[0], "a")], &[]).unwrap();
        let slower = hosts.spawn(1, move |s| s.put_subjects(&[&subject(ids[1], "a")], &[]));
        hosts.wait_until_blocked();
        first.commit().unwrap();
        assert!(matches!(slower.join().unwrap(), Err(StoreError::Busy(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_lanes_change_a_subject_one_after_the_other() {
    Hosts::run(|hosts| {
        let mut first = hosts.session(0);
        first.begin().unwrap();
        let id = first.new_subject_ids(1).unwrap()[0];
        first.put_subjects(&[&subject(id, "a")], &[]).unwrap();
        first.commit().unwrap();
        first.begin().unwrap();
        let read = first.subjects(1, &[(Kind::Order, 7)], For::Changing).unwrap().remove(0).unwrap();
        let second = hosts.spawn(1, move |s| {
            let by_key = s.subjects(1, &[(Kind::Order, 7)], For::Changing).unwrap();
            assert_eq!(s.subjects_by_id(&[id, id], For::Changing).unwrap().len(), 2);
            by_key
        });
        hosts.wait_until_blocked();
        first.put_subjects(&[], &[&Subject { revisit: Some(9), ..read }]).unwrap();
        first.commit().unwrap();
        assert_eq!(second.join().unwrap()[0].as_ref().unwrap().revisit, Some(9));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_lanes_change_a_buyers_places_one_after_the_other() {
    Hosts::run(|hosts| {
        let mut first = hosts.session(0);
        first.begin().unwrap();
        let merchant = first.merchants(1, &["m"]).unwrap()[0];
        first.commit().unwrap();
        let front = [Front { generation: 1, merchant, quota: 0, buyer: 5, from: 0, until: 9, limit: 3 }];
        first.begin().unwrap();
        assert_eq!(first.fronts(&front).unwrap(), [vec![]]);
        let second = hosts.spawn(1, move |s| s.fronts(&front).unwrap());
        hosts.wait_until_blocked();
        let place = Place { at: 4, key: u64::MAX };
        first.repeats(&[], &[Repeat { generation: 1, merchant, quota: 0, buyer: 5, place, subject: 7 }]).unwrap();
        first.commit().unwrap();
        assert_eq!(second.join().unwrap(), [vec![(place, 7)]]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_transaction_at_a_time_holds_a_thing() {
    fn hold(session: &mut dyn Session, which: i64, merchant: i64) {
        let what = match which {
            0 => Hold::Desk(1),
            1 => Hold::Outbox,
            _ => Hold::Merchants(&[merchant]),
        };
        session.hold(what).unwrap();
    }
    Hosts::run(|hosts| {
        let mut first = hosts.session(0);
        first.begin().unwrap();
        let merchant = first.merchants(1, &["m"]).unwrap()[0];
        first.commit().unwrap();
        for which in 0..3 {
            first.begin().unwrap();
            hold(first.as_mut(), which, merchant);
            first.count_orders(&[(merchant, 1, 5)]).unwrap();
            let second = hosts.spawn(1, move |s| {
                s.hold(Hold::Desk(2)).unwrap();
                hold(s, which, merchant);
                s.ask("select orders from merchants", &[]).unwrap()[0].int(0)
            });
            hosts.wait_until_blocked();
            first.commit().unwrap();
            assert_eq!(second.join().unwrap(), Some(which + 1), "what the first left");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_during_an_evaluation_stays_due() {
    Hosts::run(|hosts| {
        let mut writer = hosts.session(0);
        writer.begin().unwrap();
        let merchant = writer.merchants(1, &["m"]).unwrap()[0];
        writer.mark_dirty(1, &[merchant], 5).unwrap();
        writer.commit().unwrap();
        // The other host's stamp may well be the older one.
        for (stamp, gathered) in [4, 5, 6].into_iter().flat_map(|stamp| [(stamp, false), (stamp, true)]) {
            assert_eq!(due(writer.as_mut()), [merchant]);
            let read = writer.states(&[merchant]).unwrap().remove(0).stamp;
            assert!(read.is_some(), "who is due has a stamp");
            writer.begin().unwrap();
            writer.mark_dirty(1, &[merchant], stamp).unwrap();
            if gathered {
                writer.gather(1, &[].into()).unwrap();
            }
            let judge = hosts.spawn(1, move |s| {
                let judgement = Judgement { market: 1, merchant, stamp: read, was_due: None, next: None, verdict: None };
                s.judge(&[judgement]).unwrap();
                s.commit().unwrap();
            });
            if gathered {
                hosts.wait_until_blocked();
                writer.commit().unwrap();
                judge.join().unwrap();
                assert!(writer.states(&[merchant]).unwrap()[0].stamp > read);
            } else {
                judge.join().unwrap();
                writer.commit().unwrap();
            }
            assert_eq!(due(writer.as_mut()), [merchant]);
        }
    })
    .await;
}

fn due(session: &mut dyn Session) -> Vec<i64> {
    session.gather(1, &[].into()).unwrap();
    session.due(1, 0, 10).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_evaluated_under_a_docket_is_not_due_for_it() {
    Hosts::run(|hosts| {
        let mut writer = hosts.session(0);
        let [mut mark, mut early] = [Vec::new(), Vec::new()];
        writer.begin().unwrap();
        let merchants = writer.merchants(1, &["a", "b", "c"]).unwrap();
        writer.commit().unwrap();
        for (n, named) in [&merchants[..2], &merchants[1..]].into_iter().enumerate() {
            early.push(writer.dockets(1).unwrap());
            writer.begin().unwrap();
            writer.mark_dirty(1, named, n as i64).unwrap();
            writer.commit().unwrap();
            mark.push(writer.dockets(1).unwrap());
        }
        assert_eq!((early[0].len(), mark[1].len()), (0, 2));
        // `a` was evaluated under the first, `b` too but before the second, `c` before there was any.
        let evaluated = [(merchants[0], &mark[1]), (merchants[1], &mark[0]), (merchants[2], &early[0])];
        let evaluated = evaluated.map(|(merchant, dockets)| (merchant, dockets.as_slice().into())).into();
        writer.gather(1, &evaluated).unwrap();
        assert_eq!(writer.due(1, 0, 10).unwrap(), merchants[1..]);
        assert!(writer.dockets(1).unwrap().is_empty() && writer.dockets(2).unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_are_read_again_where_another_host_has_written_them() {
    Hosts::run(|hosts| {
        let mut sessions = [hosts.session(0), hosts.session(0)];
        // The last of them undoes what it wrote, and then goes on.
        for (n, (host, keep)) in
            [(0, true), (0, true), (1, true), (0, true), (1, false), (1, true), (1, true)].into_iter().enumerate()
        {
            let (session, sum) = (&mut sessions[host], hosts.number("select count(*) as n from seen"));
            session.begin().unwrap();
            let mut bucket = session.buckets(&[KEY]).unwrap().remove(0);
            assert_eq!(bucket.cells(0).map(|(.., amount)| amount).sum::<i64>(), sum, "at {n}");
            bucket.add(0, Slot::counted(0), 1);
            session.put_buckets(&[(KEY, bucket.clone())]).unwrap();
            assert_eq!(session.buckets(&[KEY]).unwrap(), [bucket]);
            session.remember(&[([n as u8; 16], 0)]).unwrap();
            if keep { session.commit().unwrap() } else { session.rollback() }
        }
    })
    .await;
}

/// Whatever answers then may be a copy that lacks what was written last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_are_read_again_after_a_connection_broke() {
    Hosts::run(|hosts| {
        let (mut session, mut bucket) = (hosts.session(0), Bucket::default());
        bucket.add(0, Slot::counted(0), 1);
        session.begin().unwrap();
        session.put_buckets(&[(KEY, bucket.clone())]).unwrap();
        session.commit().unwrap();
        assert_eq!(hosts.number("with gone as (delete from tallies returning 1) select count(*) as n from gone"), 1);
        for held in [bucket, Bucket::default()] {
            session.begin().unwrap();
            assert_eq!(session.buckets(&[KEY]).unwrap(), [held]);
            session.commit().unwrap();
            hosts.break_connections();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_connection_costs_one_transaction() {
    Hosts::run(|hosts| {
        let mut session = hosts.session(0);
        hosts.break_connections();
        session.begin().unwrap();
        session.remember(&[([1; 16], 5)]).unwrap();
        hosts.break_connections();
        assert!(session.remember(&[([2; 16], 5)]).is_err());
        assert!(session.commit().is_err());
        session.rollback();
        session.begin().unwrap();
        assert_eq!(session.remember(&[([1; 16], 5)]).unwrap(), [Seen::New]);
        session.commit().unwrap();
        hosts.break_connections();
        assert!(session.segment(1).is_err());
        assert_eq!(session.segment(1).unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_failed_is_not_committed() {
    Hosts::run(|hosts| {
        let mut session = hosts.session(0);
        assert!(session.commit().is_err());
        session.begin().unwrap();
        assert!(session.begin().is_err());
        session.remember(&[([1; 16], 5)]).unwrap();
        assert!(session.states(&[404]).is_err());
        assert!(session.commit().is_err());
        session.rollback();
        session.begin().unwrap();
        assert_eq!(session.remember(&[([1; 16], 5)]).unwrap(), [Seen::New]);
    })
    .await;
}

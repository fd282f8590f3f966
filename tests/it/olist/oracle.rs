//! The publisher's files, read and counted by SQL alone: a path through the data that shares nothing with the host's.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, params_from_iter};

use super::made_up::write;

/// What was known of a seller at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Numerators and denominators: order defects, late shipments of 10 and of 30 days, cancellations, units delivered on time,
    /// parcels tracked.
    pub(super) rates: [(i64, i64); 6],
    /// Distinct buyers of defective orders.
    pub(super) buyers: u32,
    /// Orders fulfilled in 180 days.
    pub(super) fulfilled: i64,
}

/// Moments worth playing, RFC 3339: before and after all data, each side of every change of the clocks and of the midnights that
/// follow, ends of months, and some in the middle of things.
const MOMENTS: [&str; 20] = [
    "2016-09-01T00:00:00Z",
    "2016-10-16T02:59:59Z",
    "2016-10-16T03:00:00Z",
    "2017-02-19T01:59:59Z",
    "2017-02-19T02:00:00Z",
    "2017-02-19T02:59:59Z",
    "2017-02-19T03:00:00Z",
    "2017-10-15T02:59:59Z",
    "2017-10-15T03:00:00Z",
    "2017-11-30T12:34:56Z",
    "2018-02-01T01:59:59Z",
    "2018-02-18T01:30:00Z",
    "2018-02-18T02:30:00Z",
    "2018-02-18T03:00:00Z",
    "2018-05-01T02:59:59Z",
    "2018-05-01T03:00:00Z",
    "2018-08-01T00:00:00Z",
    "2018-08-15T15:00:00Z",
    "2018-10-31T00:00:00Z",
    "2020-03-01T00:00:00Z",
];

/// The publisher's files, read by SQL alone.
pub(super) struct Oracle(Connection);

impl Oracle {
    pub(super) fn over(dir: &Path) -> Self {
        let db = Connection::open_in_memory().unwrap();
        let tables = [("orders", "orders"), ("items", "order_items"), ("reviews", "order_reviews"), ("customers", "customers")];
        for (table, file) in tables {
            load(&db, table, &dir.join(format!("olist_{file}_dataset.csv")));
        }
        db.execute_batch(include_str!("parts.sql")).unwrap();
        Self(db)
    }

    /// What was known of every seller at `second`.
    pub(super) fn counts(&self, second: i64) -> BTreeMap<String, Counts> {
        let mut query = self.0.prepare_cached(include_str!("counts.sql")).unwrap();
        let row = |r: &rusqlite::Row<'_>| {
            let mut counts = Counts { buyers: r.get(13)?, fulfilled: r.get(14)?, ..Counts::default() };
            for (i, pair) in counts.rates.iter_mut().enumerate() {
                *pair = (r.get(2 * i + 1)?, r.get(2 * i + 2)?);
            }
            Ok((r.get(0)?, counts))
        };
        query.query_map([second], row).unwrap().map(Result::unwrap).collect()
    }

    pub(super) fn numbers(&self, sql: &str) -> Vec<i64> {
        let mut query = self.0.prepare(sql).unwrap();
        query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// [`MOMENTS`], and the very seconds at which something becomes late or known, with the second after or before.
    pub(super) fn moments(&self) -> Vec<i64> {
        let fixed = MOMENTS.map(second);
        let edges = self.numbers(
            "select * from (select ship_by from part where shipped > ship_by order by ship_by limit 1 offset 400)
             union all select * from (select ship_by + 1 from part where shipped > ship_by order by ship_by limit 1 offset 400)
             union all select * from (select cancelled from part where by_seller limit 1)
             union all select * from (select cancelled - 1 from part where by_seller limit 1)
             union all select * from (select rated from part where rating = 1 order by rated limit 1 offset 300)
             union all select * from (select delivered - 1 from part where delivered > deliver_by order by delivered limit 1 offset 99)",
        );
        fixed.into_iter().chain(edges).collect()
    }
}

fn load(db: &Connection, table: &str, file: &Path) {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let columns = reader.headers().unwrap().iter().map(|name| format!("{name} text")).collect::<Vec<_>>();
    db.execute_batch(&format!("begin; create table {table} ({})", columns.join(", "))).unwrap();
    let mut insert = db.prepare(&format!("insert into {table} values ({})", vec!["?"; columns.len()].join(", "))).unwrap();
    for row in reader.records() {
        insert.execute(params_from_iter(row.unwrap().iter())).unwrap();
    }
    db.execute_batch("commit").unwrap();
}

/// A moment of RFC 3339, in seconds.
pub(super) fn second(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp()
}

/// The query itself, against counts made by hand.
#[test]
fn the_query_counts_as_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let item = |order: &str| format!("{order},1,p,s,2018-02-20 00:00:00,1.00,1.00\n");
    write(
        dir.path(),
        [
            "on-time,c1,delivered,2018-02-17 23:30:00,,2018-02-19 10:00:00,2018-02-28 00:00:00,2018-02-28 00:00:00\n\
             late,c2,delivered,2018-02-18 00:30:00,,2018-02-21 10:00:00,2018-03-05 00:00:00,2018-02-28 00:00:00\n\
             never,c3,invoiced,2018-02-18 01:00:00,,,,2018-02-28 00:00:00\n\
             gone,c4,unavailable,2018-02-18 02:00:00,2018-02-18 03:00:00,,,2018-02-28 00:00:00\n",
            &["on-time", "on-time", "late", "never", "gone"].map(item).concat(),
            "a,late,5,2018-03-06 00:00:00,2018-03-06 00:00:01\nb,late,1,2018-03-06 00:00:00,2018-03-07 00:00:00\n\
             c,never,2,2018-03-07 00:00:00,2018-03-07 00:00:00\nd,on-time,2,2018-03-10 00:00:00,2018-03-10 00:00:00\n",
            "c1,jo\nc2,al\nc3,al\nc4,jo\n",
        ],
    );
    let oracle = Oracle::over(dir.path());
    let at = |text: &str| oracle.counts(second(text)).remove("s");
    let told = |rates, buyers, fulfilled| Some(Counts { rates, buyers, fulfilled });
    // The doubled hour is the first of the two: two hours behind UTC.
    assert_eq!(at("2018-02-18T01:29:59Z"), None);
    assert_eq!(at("2018-02-18T01:30:00Z"), Some(Counts::default()));
    // On the 20th, at midnight, nothing is late; a second later two are. Only one order is of the 17th, three of the 18th.
    assert_eq!(at("2018-02-20T03:00:00Z"), told([(0, 0), (0, 1), (0, 1), (1, 4), (0, 0), (0, 0)], 0, 1));
    assert_eq!(at("2018-02-20T03:00:01Z"), told([(0, 0), (2, 3), (2, 3), (1, 4), (0, 0), (0, 0)], 0, 1));
    assert_eq!(at("2018-02-25T12:00:00Z"), told([(0, 0), (2, 3), (2, 3), (1, 3), (0, 0), (0, 0)], 0, 2));
    // 15 days after the 18th; promised on 28 February, seven and ten days later. Two of the bad orders are one buyer's.
    assert_eq!(at("2018-03-05T02:59:59Z"), told([(0, 1), (0, 0), (2, 3), (0, 0), (0, 0), (0, 0)], 0, 2));
    assert_eq!(at("2018-03-07T03:00:00Z"), told([(2, 4), (0, 0), (2, 3), (0, 0), (2, 4), (0, 0)], 1, 2));
    assert_eq!(at("2018-03-10T03:00:00Z"), told([(3, 4), (0, 0), (2, 3), (0, 0), (2, 4), (2, 2)], 2, 2));
    assert_eq!(at("2018-05-03T03:00:00Z"), told([(2, 3), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)], 1, 2));
    // 180 days, the 19th of February and the 21st included.
    assert_eq!(at("2018-08-18T02:59:59Z"), told([(0, 0); 6], 0, 2));
    assert_eq!(at("2018-08-18T03:00:00Z"), told([(0, 0); 6], 0, 1));
    assert_eq!(at("2018-08-20T03:00:00Z"), told([(0, 0); 6], 0, 0));
}

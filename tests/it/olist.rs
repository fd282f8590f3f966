//! Real orders, two ways: the host imports Olist's files and plays moments; plain SQL over the same files counts by its own clock
//! and calendar. Every seller's figures must be the same. The files are not part of this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon::cli::import::{Report, import_olist};
use andon::markets::{Generation, Market};
use andon::pipeline::play::Scene;
use andon::store::Session;
use andon_domain::reading::Reading;
use andon_domain::verdict::Party;
use andon_tests::{MARKET, TestApp, guests, on_both};
use rusqlite::{Connection, params_from_iter};

const METRICS: [&str; 6] = [
    "odr",
    "late-shipment-rate-10",
    "late-shipment-rate-30",
    "cancellation-rate",
    "on-time-delivery-rate",
    "valid-tracking-rate",
];

/// Numerator and denominator of each of [`METRICS`].
type Counts = [(i64, i64); METRICS.len()];

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
struct Oracle(Connection);

impl Oracle {
    fn over(dir: &Path) -> Self {
        let db = Connection::open_in_memory().unwrap();
        for (table, file) in [("orders", "orders"), ("items", "order_items"), ("reviews", "order_reviews")] {
            load(&db, table, &dir.join(format!("olist_{file}_dataset.csv")));
        }
        db.execute_batch(include_str!("olist/parts.sql")).unwrap();
        Self(db)
    }

    /// What was known of every seller at `second`.
    fn counts(&self, second: i64) -> BTreeMap<String, Counts> {
        let mut query = self.0.prepare_cached(include_str!("olist/counts.sql")).unwrap();
        let row = |r: &rusqlite::Row<'_>| {
            let mut counts = Counts::default();
            for (i, pair) in counts.iter_mut().enumerate() {
                *pair = (r.get(2 * i + 1)?, r.get(2 * i + 2)?);
            }
            Ok((r.get(0)?, counts))
        };
        query.query_map([second], row).unwrap().map(Result::unwrap).collect()
    }

    fn numbers(&self, sql: &str) -> Vec<i64> {
        let mut query = self.0.prepare(sql).unwrap();
        query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// [`MOMENTS`], and the very seconds at which something becomes late or known, with the second after or before.
    fn moments(&self) -> Vec<i64> {
        let fixed = MOMENTS.map(|text| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp());
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

fn data_set() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/olist");
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no ../shared/data");
    None
}

/// What the host says of sellers at a moment; `None` is now, from the tallies.
async fn played(test: &TestApp, sellers: &[String], second: Option<i64>) -> Vec<Vec<Reading>> {
    let market = test.market();
    let generation = market.generation.clone().unwrap();
    let latest = market.latest();
    let work = |sellers: Vec<String>| {
        let (market, generation) = (market.clone(), generation.clone());
        test.app
            .store
            .read(move |session| Ok(readings(session, &market, &generation, &sellers, second.map(|s| s * 1000), latest)))
    };
    let (first, second) = sellers.split_at(sellers.len() / 2);
    let (mut first, second) = tokio::try_join!(work(first.to_vec()), work(second.to_vec())).unwrap();
    first.extend(second);
    first
}

fn readings(
    session: &mut dyn Session,
    market: &Arc<Market>,
    generation: &Arc<Generation>,
    sellers: &[String],
    moment: Option<i64>,
    latest: i64,
) -> Vec<Vec<Reading>> {
    let names: Vec<&str> = sellers.iter().map(String::as_str).collect();
    let ids = session.merchants(market.id, &names).unwrap();
    let play = |merchant: &i64| {
        let party = Party { joined: 0, standing: None, standing_since: 0, badges: Vec::new(), reinstated: None };
        let scene = Scene { market, generation, merchant: *merchant, party };
        let play = match moment {
            Some(moment) => scene.at(session, moment, &[]),
            None => scene.now(session, latest, &[]),
        };
        let all = play.unwrap().snapshot.readings;
        METRICS.iter().map(|code| all[generation.metric(code).unwrap()].clone()).collect()
    };
    ids.iter().map(play).collect()
}

fn compare(moment: &str, sellers: &[String], wanted: &BTreeMap<String, Counts>, played: &[Vec<Reading>]) -> usize {
    let mut counted = 0;
    for (seller, readings) in sellers.iter().zip(played) {
        let counts = wanted.get(seller).copied().unwrap_or_default();
        for ((code, (numerator, denominator)), reading) in METRICS.iter().zip(counts).zip(readings) {
            assert_eq!((reading.numerator, reading.denominator), (numerator, denominator), "{code} of {seller} at {moment}");
            let rate = if denominator == 0 { 0.0 } else { numerator as f64 / denominator as f64 };
            assert!((reading.value - rate).abs() < 1e-12, "{code} of {seller} at {moment}: {} is not {rate}", reading.value);
            counted += usize::from(denominator > 0);
        }
    }
    counted
}

on_both! {
    async fn every_sellers_figures_are_those_of_a_plain_query(backend) {
        let Some(dir) = data_set() else { return };
        let test = TestApp::bare(backend).await;
        test.install(guests::amazon()).await;
        let first = import_olist(&test.app, dir.clone(), MARKET, "amazon".into()).await.unwrap();
        assert_eq!((first.duplicates, first.conflicts, first.first_refusal.as_deref()), (0, 0, None));
        let oracle = Oracle::over(&dir);
        let mut sellers: Vec<_> = oracle.counts(i64::MAX / 1000).into_keys().collect();
        assert_eq!((first.read.sellers, first.read.parts as i64), (sellers.len(), oracle.numbers("select count(*) from part")[0]));
        sellers.sort();

        let mut counted = 0;
        for second in oracle.moments() {
            let moment = chrono::DateTime::from_timestamp(second, 0).unwrap().to_rfc3339();
            counted += compare(&moment, &sellers, &oracle.counts(second), &played(&test, &sellers, Some(second)).await);
        }
        let now = test.market().latest() / 1000;
        counted += compare("now", &sellers, &oracle.counts(now), &played(&test, &sellers, None).await);
        assert!(counted > 10_000, "only {counted} rates were more than nothing");

        let again = import_olist(&test.app, dir, MARKET, "amazon".into()).await.unwrap();
        assert_eq!(again, Report { accepted: 0, duplicates: first.accepted, ..first });
    }
}

/// The query itself, against counts made by hand.
#[test]
fn the_query_counts_as_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(format!("olist_{name}_dataset.csv")), text).unwrap();
    write(
        "orders",
        "order_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,\
         order_delivered_customer_date,order_estimated_delivery_date\n\
         on-time,delivered,2018-02-17 23:30:00,,2018-02-19 10:00:00,2018-02-28 00:00:00,2018-02-28 00:00:00\n\
         late,delivered,2018-02-18 00:30:00,,2018-02-21 10:00:00,2018-03-05 00:00:00,2018-02-28 00:00:00\n\
         never,invoiced,2018-02-18 01:00:00,,,,2018-02-28 00:00:00\n\
         gone,unavailable,2018-02-18 02:00:00,2018-02-18 03:00:00,,,2018-02-28 00:00:00\n",
    );
    let item = |order: &str| format!("{order},1,p,s,2018-02-20 00:00:00,1.00,1.00\n");
    let items: String = ["on-time", "on-time", "late", "never", "gone"].map(item).concat();
    write(
        "order_items",
        &format!("order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n{items}"),
    );
    write(
        "order_reviews",
        "review_id,order_id,review_score,review_creation_date,review_answer_timestamp\n\
         a,late,5,2018-03-06 00:00:00,2018-03-06 00:00:01\nb,late,1,2018-03-06 00:00:00,2018-03-07 00:00:00\n",
    );
    let oracle = Oracle::over(dir.path());
    let at = |text: &str| {
        let second = chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp();
        oracle.counts(second).remove("s")
    };
    // The doubled hour is the first of the two: two hours behind UTC.
    assert_eq!(at("2018-02-18T01:29:59Z"), None);
    assert_eq!(at("2018-02-18T01:30:00Z"), Some([(0, 0); 6]));
    // On the 20th, at midnight, nothing is late; a second later two are. Only one order is of the 17th, three of the 18th.
    assert_eq!(at("2018-02-20T03:00:00Z"), Some([(0, 0), (0, 1), (0, 1), (1, 4), (0, 0), (0, 0)]));
    assert_eq!(at("2018-02-20T03:00:01Z"), Some([(0, 0), (2, 3), (2, 3), (1, 4), (0, 0), (0, 0)]));
    assert_eq!(at("2018-02-25T12:00:00Z"), Some([(0, 0), (2, 3), (2, 3), (1, 3), (0, 0), (0, 0)]));
    // 15 days after the 18th; promised on 28 February, seven and ten days later.
    assert_eq!(at("2018-03-05T02:59:59Z"), Some([(0, 1), (0, 0), (2, 3), (0, 0), (0, 0), (0, 0)]));
    assert_eq!(at("2018-03-07T03:00:00Z"), Some([(1, 4), (0, 0), (2, 3), (0, 0), (2, 4), (0, 0)]));
    assert_eq!(at("2018-03-10T03:00:00Z"), Some([(1, 4), (0, 0), (2, 3), (0, 0), (2, 4), (2, 2)]));
    assert_eq!(at("2018-05-03T03:00:00Z"), Some([(1, 3), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]));
}

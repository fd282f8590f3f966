//! Real orders, two ways: the host imports Olist's files and plays moments; plain SQL over the same files counts by its own clock
//! and calendar. Every metric of every seller must be the same. The files are not part of this repository.

mod made_up;
mod oracle;
mod standards;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon::cli::import::{Report, import_olist};
use andon::markets::{Generation, Market};
use andon::pipeline::play::Scene;
use andon::store::Session;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::Party;
use andon_tests::{MARKET, TestApp, guests, on_both};

use self::oracle::{Oracle, second};
use self::standards::wanted;

/// What "busy" of [`made_up`] is rated, by hand: it changes with the 200th order shipped and the 400th, and as days leave the
/// window, of which the first has 12 orders and each other 24.
const RATINGS: [(&str, i64); 9] = [
    ("2018-01-09T20:59:59Z", 200),
    ("2018-01-09T21:00:00Z", 204),
    ("2018-01-18T04:59:59Z", 204),
    ("2018-01-18T05:00:00Z", 208),
    ("2018-02-01T00:00:00Z", 208),
    ("2018-06-30T02:59:59Z", 208),
    ("2018-06-30T03:00:00Z", 204),
    ("2018-07-08T02:59:59Z", 204),
    ("2018-07-08T03:00:00Z", 200),
];

fn data_set() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/olist");
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no ../shared/data");
    None
}

/// Every metric of sellers at a moment, as the host has it; `None` is now, from the tallies.
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
        play.unwrap().snapshot.readings
    };
    ids.iter().map(play).collect()
}

/// What was held so far: how many rates were more than nothing, by status.
#[derive(Default)]
struct Held(BTreeMap<Status, usize>);

impl Held {
    /// Holds what the host says of sellers at a moment against the query; `None` is now.
    async fn hold(&mut self, test: &TestApp, oracle: &Oracle, sellers: &[String], moment: Option<i64>) {
        let market = test.market();
        let metrics = &market.generation.as_ref().unwrap().metrics;
        let second = moment.unwrap_or(market.latest() / 1000);
        let when = chrono::DateTime::from_timestamp(second, 0).unwrap().to_rfc3339();
        let counts = oracle.counts(second);
        for (seller, readings) in sellers.iter().zip(played(test, sellers, moment).await) {
            let wanted = wanted(&counts.get(seller).copied().unwrap_or_default());
            assert_eq!((readings.len(), metrics.len()), (wanted.len(), wanted.len()));
            for (metric, reading) in metrics.iter().zip(readings) {
                let (code, wanted) = (&metric.code, wanted[metric.code.as_str()]);
                let told = (reading.numerator, reading.denominator, reading.buyers, reading.status);
                let due = (wanted.numerator, wanted.denominator, wanted.buyers, wanted.status);
                assert_eq!(told, due, "{code} of {seller} at {when}");
                let (value, due) = (reading.value, wanted.value);
                assert!((value - due).abs() < 1e-12, "{code} of {seller} at {when}: {value} is not {due}");
                if wanted.denominator > 0 {
                    *self.0.entry(wanted.status).or_default() += 1;
                }
            }
        }
    }
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

        let mut held = Held::default();
        for moment in oracle.moments().into_iter().map(Some).chain([None]) {
            held.hold(&test, &oracle, &sellers, moment).await;
        }
        let counted: usize = held.0.values().sum();
        assert!(counted > 10_000 && held.0.len() == Status::ALL.len(), "no more than these were held: {:?}", held.0);

        let again = import_olist(&test.app, dir, MARKET, "amazon".into()).await.unwrap();
        assert_eq!(again, Report { accepted: 0, duplicates: first.accepted, ..first });
    }

    async fn so_are_those_of_sellers_whom_the_files_may_lack(backend) {
        let dir = tempfile::tempdir().unwrap();
        made_up::write_sellers(dir.path());
        let test = TestApp::bare(backend).await;
        test.install(guests::amazon()).await;
        import_olist(&test.app, dir.path().to_owned(), MARKET, "amazon".into()).await.unwrap();
        let oracle = Oracle::over(dir.path());
        let (sellers, mut held) = (made_up::SELLERS.map(str::to_owned), Held::default());
        for (moment, rating) in RATINGS {
            let counts = oracle.counts(second(moment));
            assert_eq!(wanted(&counts["busy"])["account-rating"].value as i64, rating, "{moment}");
            held.hold(&test, &oracle, &sellers, Some(second(moment))).await;
        }
        let counts = oracle.counts(second("2018-02-01T00:00:00Z"));
        let odr = |seller: &str| wanted(&counts[seller])["odr"].status;
        assert_eq!(["one-buyer", "two-buyers"].map(odr), [Status::Insufficient, Status::Breached]);
    }
}

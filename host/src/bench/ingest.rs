//! Events in over HTTP, durable when answered, against the same rows written bare; and how long senders and verdicts wait.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::client::bodies;
use super::drive::{flood, steady};
use super::figures::{Figure, Target, percentile};
use super::load::{Load, MARKETPLACE, STEPS};
use super::place::Place;
use super::record::record;
use super::server::{Server, close, events_path, health_path, prepare};
use super::telling::telling;
use super::{bare_postgres, bare_sqlite};
use crate::clock::{Clock, SystemClock};
use crate::events::{Event, EventContext, parse};
use crate::markets::ClockKind;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Events in batches of 1,000, five an order
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u64).range(5_000..=20_000_000))]
    events: u64,
    /// Merchants they are scattered over
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    merchants: u64,
    /// Longest time of each part, seconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// A `postgres:` URL of somebody who may create databases: measures PostgreSQL in place of SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Also the cost of an event at this many merchants; takes minutes
    #[arg(long, value_name = "MERCHANTS", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    growth: Option<u64>,
}

/// Events a batch.
const BATCH: usize = 1_000;

/// Measures, and removes what it made.
pub async fn run(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let mut place = Place::new(args.database_url.clone())?;
    let measured = measure(args, &mut place).await;
    let cleared = place.clear().await;
    let figures = measured?;
    cleared.map(|()| figures)
}

async fn measure(args: &Args, place: &mut Place) -> anyhow::Result<Vec<Figure>> {
    let limit = Duration::from_secs(args.seconds);
    let (rate_target, name) = if place.is_postgres() { (35_000.0, "PostgreSQL") } else { (50_000.0, "SQLite") };
    let load = || Load::new(args.events / STEPS, args.merchants, SystemClock.now());
    let bare = bare(place, load()).await?;

    let url = place.database("served").await?;
    close(prepare(&url, ClockKind::LatestEvent).await?.0).await;
    let server = Server::start(place.home(), &url).await?;
    let told = telling("Sending batches of 1,000")?;
    let before = server.used().map_or(Duration::ZERO, |(_, cpu)| cpu);
    let (sent, took, mut times) = flood(&server, bodies(load(), BATCH), 4, limit).await?;
    let rate = sent as f64 / took.as_secs_f64();
    let what = format!("ingest, {name}, HTTP batches of 1,000, 4 clients, {} merchants", args.merchants);
    let mut figures = vec![
        Figure::new(what, rate, "events/s").against("the same rows bare, events/s", bare).target(Target::AtLeast(rate_target)),
        Figure::new("ingest, share of bare", rate / bare, "").target(Target::AtLeast(0.5)),
        Figure::new("ingest, batches of 1,000, answered within (p99)", percentile(&mut times, 0.99), "ms"),
    ];
    if let Some((_, cpu)) = server.used() {
        figures.push(Figure::new(
            "ingest, host's processor time",
            cpu.saturating_sub(before).as_secs_f64() * 1e6 / sent as f64,
            "us/event",
        ));
    }
    server.stop().await?;
    drop(told);

    figures.push(singles(args, place, limit).await?);
    let [asked, most] = [rate_target / 2.0, rate / 2.0];
    figures.extend(acknowledged(args, place, limit, ("half_of_asked", asked, Some(Target::Under(50.0)))).await?);
    figures.extend(acknowledged(args, place, limit, ("half_of_most", most, None)).await?);
    figures.extend(visible(args, place, limit).await?);
    if let Some(many) = args.growth {
        figures.push(growth(args, place, many).await?);
    }
    Ok(figures)
}

/// Events a second of the same rows, written by nothing but the database.
async fn bare(place: &mut Place, load: Load) -> anyhow::Result<f64> {
    let url = place.database("recorded").await?;
    let (app, market) = prepare(&url, ClockKind::LatestEvent).await?;
    let _told = telling("Writing the same rows bare")?;
    let context = EventContext { marketplace: &market.code, currency: &market.currency, keys: &app.keys, now: SystemClock.now() };
    let events: Vec<Event> = load.map(|line| parse(&context, &line)).collect::<Result<_, _>>().context("the load is refused")?;
    let (keys, store, runtime, count) = (app.keys, app.store.clone(), tokio::runtime::Handle::current(), events.len());
    let recorded = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
        let session = store.session(0, false, &runtime)?;
        record(session, &keys, &market, &events, BATCH)
    })?;
    let batches = tokio::task::spawn_blocking(move || recorded.join()).await?;
    let batches = batches.map_err(|_| anyhow::anyhow!("recording panicked"))??;
    close(app).await;
    let url = place.database("bare").await?;
    close(prepare(&url, ClockKind::LatestEvent).await?.0).await;
    let took = if place.is_postgres() {
        bare_postgres::replay(&url, &batches).await?
    } else {
        let file = place.file("bare");
        tokio::task::spawn_blocking(move || bare_sqlite::replay(&file, &batches)).await??
    };
    Ok(count as f64 / took.as_secs_f64())
}

async fn fresh(place: &mut Place, name: &str) -> anyhow::Result<Server> {
    let url = place.database(name).await?;
    close(prepare(&url, ClockKind::LatestEvent).await?.0).await;
    Server::start(place.home(), &url).await
}

async fn singles(args: &Args, place: &mut Place, limit: Duration) -> anyhow::Result<Figure> {
    let server = fresh(place, "singles").await?;
    let _told = telling("Sending single events")?;
    let load = Load::new(args.events / STEPS / 2, args.merchants, SystemClock.now());
    let (sent, took, _) = flood(&server, bodies(load, 1), 64, limit).await?;
    server.stop().await?;
    let figure = Figure::new("ingest, single events, 64 clients", sent as f64 / took.as_secs_f64(), "requests/s");
    Ok(figure.target(Target::AtLeast(8_000.0)))
}

/// How long the sender of 200 events waits at so many events a second: half of what the host must take in, and half of what it can.
async fn acknowledged(
    args: &Args,
    place: &mut Place,
    limit: Duration,
    (name, rate, target): (&str, f64, Option<Target>),
) -> anyhow::Result<Vec<Figure>> {
    const SIZE: usize = 200;
    let server = fresh(place, name).await?;
    let _told = telling(format!("Sending batches of 200, {rate:.0} events a second"))?;
    let bodies = bodies(Load::new(args.events / STEPS, args.merchants, SystemClock.now()), SIZE);
    let interval = Duration::from_secs_f64(SIZE as f64 / rate);
    let count = (limit.as_secs_f64() / interval.as_secs_f64()) as usize;
    let mut times = steady(&server, bodies.into_iter().take(count.max(100)).collect(), 16, interval).await?;
    server.stop().await?;
    let which = name.replace('_', " ");
    let half = |part: &str| format!("a batch of 200 at {rate:.0} events/s ({which}), answered within ({part})");
    let p99 = Figure::new(half("p99"), percentile(&mut times, 0.99), "ms");
    let p99 = match target {
        Some(target) => p99.target(target),
        None => p99,
    };
    Ok(vec![Figure::new(half("p50"), percentile(&mut times, 0.5), "ms"), p99])
}

/// How long after an event was acknowledged its merchant's verdict can be read, while 5,000 other events arrive each second.
async fn visible(args: &Args, place: &mut Place, limit: Duration) -> anyhow::Result<Vec<Figure>> {
    const SIZE: usize = 100;
    let server = fresh(place, "visible").await?;
    let _told = telling("Waiting for verdicts")?;
    let seconds = limit.as_secs().min(10);
    let orders = 5_000 * (seconds + 1) / STEPS;
    let load = bodies(Load::new(orders, args.merchants, SystemClock.now()), SIZE);
    let interval = Duration::from_millis(20);
    let probes = async {
        let mut client = server.client().await?;
        let (mut times, start) = (Vec::new(), Instant::now());
        while start.elapsed() < Duration::from_secs(seconds) {
            let number = times.len() as u64;
            let order = Load::new(1, 1, SystemClock.now()).take(2);
            let renamed = order.map(|line| rename(&line, number));
            for body in bodies(renamed, 2) {
                client.send(&events_path(), &body).await?;
            }
            let accepted = Instant::now();
            judged(&mut client, number).await?;
            times.push(accepted.elapsed());
        }
        Ok::<_, anyhow::Error>(times)
    };
    let (others, times) = tokio::join!(steady(&server, load, 8, interval), probes);
    others?;
    let mut times = times?;
    server.stop().await?;
    let p99 = percentile(&mut times, 0.99);
    Ok(vec![
        Figure::new("accepted to verdict visible at 5,000 events/s (p50)", percentile(&mut times, 0.5), "ms"),
        Figure::new("accepted to verdict visible at 5,000 events/s (p99)", p99, "ms").target(Target::Under(1_000.0)),
    ])
}

/// The load's first order as one of a merchant that nobody has heard of.
fn rename(line: &[u8], number: u64) -> Vec<u8> {
    let text = String::from_utf8_lossy(line).replace("order-0", &format!("probe-{number}"));
    let text = text
        .replace("merchant-0000000", &format!("probe-{number}"))
        .replace("\"source\":\"bench\"", &format!("\"source\":\"probe-{number}\""));
    text.into_bytes()
}

/// Waits until a probe's merchant has a verdict of its own; without one its health is played, under no verdict's id.
async fn judged(client: &mut super::client::Client, number: u64) -> anyhow::Result<()> {
    let (path, start) = (health_path(&format!("probe-{number}")), Instant::now());
    while start.elapsed() < Duration::from_secs(30) {
        let (status, body) = client.get(&path).await?;
        let health: serde_json::Value = serde_json::from_slice(&body).with_context(|| format!("health answered {status}"))?;
        if health["verdict"].is_string() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bail!("no verdict on {MARKETPLACE}'s merchant probe-{number} within 30 s")
}

/// What an event costs with `many` merchants known against few, the same number of orders being stored in both.
async fn growth(args: &Args, place: &mut Place, many: u64) -> anyhow::Result<Figure> {
    let mut cost = [0.0; 2];
    for (cost, (name, merchants)) in cost.iter_mut().zip([("few", args.merchants), ("many", many)]) {
        let server = fresh(place, name).await?;
        let _told = telling(format!("Sending events of {merchants} merchants"))?;
        let now = SystemClock.now();
        // One order each makes them known; its events are those of the first step.
        let known = Load::new(many, merchants, now - 30 * 86_400_000).placed_only();
        flood(&server, bodies(known, 5_000), 4, Duration::from_mins(10)).await?;
        let orders = Load::new(args.events / STEPS, merchants, now).numbered_from(many);
        let (sent, took, _) = flood(&server, bodies(orders, BATCH), 4, Duration::from_mins(10)).await?;
        *cost = took.as_secs_f64() * 1e6 / sent as f64;
        server.stop().await?;
    }
    let figure = Figure::new(format!("cost of an event at {many} merchants"), cost[1], "us");
    let figure = figure.against("at fewer, us", cost[0]);
    let bound = cost[0] * 1.5;
    Ok(figure.target(Target::Under(bound)))
}

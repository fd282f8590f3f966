//! Messages delivered to many endpoints, of which a tenth never answers.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::figures::{Figure, Target};
use super::load::CURRENCY;
use super::place::Place;
use super::server::{Server, close};
use super::telling::telling;
use crate::app::App;
use crate::clock::SystemClock;
use crate::ledger::Cause;
use crate::markets::ClockKind;
use crate::options::Options;
use crate::outbound::{Outward, Reach};
use crate::setup::{NewMarket, NewMessage, RulesSetup, WebhookSetup};
use crate::store::webhooks::MOST;

/// Of so many endpoints one hangs.
const ONE_HANGS_IN: usize = 10;
/// Messages in one transaction.
const AT_ONCE: usize = 1_000;
/// Longest time that everything may take.
const LIMIT: Duration = Duration::from_mins(5);

/// What to deliver.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Marketplaces, with 20 endpoints each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    marketplaces: u64,
    /// Messages in each
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    messages: u64,
    /// A `postgres:` URL of somebody who may create databases: measures PostgreSQL in place of SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// Measures delivering.
pub async fn run(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let mut place = Place::new(args.database_url.clone())?;
    let measured = deliver(args, &mut place).await;
    place.clear().await?;
    measured
}

async fn deliver(args: &Args, place: &mut Place) -> anyhow::Result<Vec<Figure>> {
    let (arrived, mut count) = watch::channel(0);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let listening = tokio::spawn(async move { axum::serve(listener, receiver(Arc::new(arrived))).await });

    let url = place.database("webhooks").await?;
    let outward = Outward { reach: Reach::Private, ..Outward::default() };
    let app = App::open(&url, Arc::new(SystemClock), Options { outward, ..Options::default() }).await?;
    let told = telling("Putting messages into the outbox")?;
    for number in 0..args.marketplaces {
        fill(&app, number, args.messages as usize, &format!("http://{address}")).await?;
    }
    close(app).await;

    let (quick, all) = (MOST - MOST / ONE_HANGS_IN, args.marketplaces * args.messages);
    let expected = quick as u64 * all;
    let server = Server::start(place.home(), &url).await?;
    told.set_message("Delivering them");
    tokio::time::timeout(LIMIT, count.wait_for(|n| *n > 0)).await.context("nothing was delivered")??;
    let began = Instant::now();
    tokio::time::timeout(LIMIT, count.wait_for(|n| *n >= expected)).await.context("not everything was delivered")??;
    let took = began.elapsed();
    let memory = server.used().map(|(bytes, _)| bytes as f64 / f64::from(1 << 20));
    server.stop().await?;
    listening.abort();
    let endpoints = args.marketplaces as usize * MOST;
    let name = if place.is_postgres() { "PostgreSQL: " } else { "" };
    let what = format!("{name}deliveries to {endpoints} endpoints, one in {ONE_HANGS_IN} of which never answers");
    let mut figures =
        vec![Figure::new(what, expected as f64 / took.as_secs_f64(), "deliveries/s").target(Target::AtLeast(1_000.0))];
    figures.extend(memory.map(|mib| Figure::new(format!("{name}host's resident memory"), mib, "MiB")));
    Ok(figures)
}

/// Answers at `/quick` and counts, and never answers at `/hang`.
fn receiver(arrived: Arc<watch::Sender<u64>>) -> Router {
    let quick = async move |body: Body| {
        // Unread, it would cost the sender its connection.
        drop(axum::body::to_bytes(body, 1 << 20).await);
        arrived.send_modify(|n| *n += 1);
    };
    Router::new().route("/quick/{n}", post(quick)).route("/hang/{n}", post(std::future::pending::<()>))
}

/// A marketplace with its endpoints, and messages that wait for them.
async fn fill(app: &App, number: u64, messages: usize, receiver: &str) -> anyhow::Result<()> {
    let new = NewMarket {
        code: format!("bench-{number}"),
        name: "Bench".to_owned(),
        currency: CURRENCY.to_owned(),
        time_zone: "UTC".to_owned(),
        locale: "en".to_owned(),
        clock: ClockKind::System,
        rules: RulesSetup::default(),
    };
    let market = app.create_market(new, Cause::host("")).await?;
    for endpoint in 0..MOST {
        let manner = if endpoint % ONE_HANGS_IN == 0 { "hang" } else { "quick" };
        let setup = WebhookSetup { url: Some(format!("{receiver}/{manner}/{endpoint}")), ..WebhookSetup::default() };
        app.create_webhook(&market, setup, None, "bench").await?;
    }
    let message = |i: usize| NewMessage {
        kind: "enforcement.taken".to_owned(),
        subject: format!("enforcement-{i}"),
        merchant: None,
        data: json!({ "merchant": format!("merchant-{i}"), "action": "restriction", "reasons": ["odr-breached"], "review": null }),
        confirm: false,
    };
    for from in (0..messages).step_by(AT_ONCE) {
        app.put_messages(&market, (from..messages.min(from + AT_ONCE)).map(message).collect()).await?;
    }
    Ok(())
}

//! Ways of pressing a host: as fast as clients get their answers, or at a pace of their own whatever the host does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::client::Events;
use super::server::{Server, events_path};

/// Sends all bodies from `clients` connections, each waiting for its answer before it sends the next; stops early after `limit`.
/// Answers events sent, time taken, and what each request took.
pub(super) async fn flood(
    server: &Server,
    bodies: Vec<Events>,
    clients: usize,
    limit: Duration,
) -> anyhow::Result<(u64, Duration, Vec<Duration>)> {
    let (bodies, next) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
    let mut ready = Vec::with_capacity(clients);
    for _ in 0..clients {
        ready.push(server.client().await?);
    }
    let start = Instant::now();
    let mut running = JoinSet::new();
    for mut client in ready {
        let (bodies, next, path) = (bodies.clone(), next.clone(), events_path());
        running.spawn(async move {
            let (mut sent, mut times) = (0, Vec::new());
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed))
                && start.elapsed() < limit
            {
                let asked = Instant::now();
                client.send(&path, body).await?;
                times.push(asked.elapsed());
                sent += body.count;
            }
            Ok::<_, anyhow::Error>((sent, times))
        });
    }
    let (mut sent, mut times) = (0, Vec::new());
    while let Some(done) = running.join_next().await {
        let (more, took) = done??;
        sent += more;
        times.extend(took);
    }
    Ok((sent, start.elapsed(), times))
}

/// Sends a body every `interval`, on the next of `clients` connections, and answers what each took, counted from the moment it
/// was due: a host that falls behind is not spared.
pub(super) async fn steady(
    server: &Server,
    bodies: Vec<Events>,
    clients: usize,
    interval: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let bodies = Arc::new(bodies);
    let start = Instant::now() + Duration::from_millis(10);
    let mut running = JoinSet::new();
    for first in 0..clients {
        let (mut client, bodies, path) = (server.client().await?, bodies.clone(), events_path());
        running.spawn(async move {
            let mut times = Vec::new();
            for i in (first..bodies.len()).step_by(clients) {
                let due = start + interval * i as u32;
                tokio::time::sleep_until(due.into()).await;
                client.send(&path, &bodies[i]).await?;
                times.push(due.elapsed());
            }
            Ok::<_, anyhow::Error>(times)
        });
    }
    let mut times = Vec::with_capacity(bodies.len());
    while let Some(done) = running.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

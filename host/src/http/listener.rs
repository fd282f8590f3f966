//! Connections: accepted up to a cap, in all and from one address; each must say what it wants in time, or it is closed.
//! `axum::serve` has none of this, for it gives hyper no timer.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use metrics::{counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::limits::network;
use super::problem::Problem;
use super::watched::{InFlight, Phase, Watched};
use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::telemetry::{CONNECTIONS, CONNECTIONS_REFUSED};

/// Largest request head, bytes.
const MAX_HEAD: usize = 64 * 1024;

/// How many connections, and how long they may take.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// In all.
    pub connections: usize,
    /// From one address.
    pub per_ip: usize,
    /// For a request's head to arrive.
    pub header: Duration,
    /// Without a request, or without the peer reading its answer.
    pub idle: Duration,
}

impl ConnectionLimits {
    /// As `config` says.
    pub fn of(config: &Config) -> Self {
        Self {
            connections: config.connections,
            per_ip: config.connections_per_ip,
            header: Duration::from_secs(config.header_seconds),
            idle: Duration::from_secs(config.idle_seconds),
        }
    }
}

/// Serves until shutdown. Requests under way are finished by tasks of `shutdown`.
pub async fn serve(listener: TcpListener, router: Router, limits: ConnectionLimits, shutdown: &Shutdown) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let addresses = Arc::new(Addresses::default());
    let builder = Arc::new(builder());
    loop {
        let next = async {
            // With all connections taken, newcomers wait in the kernel's queue until a deadline frees one.
            let permit = permits.clone().acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let Some(Some((permit, accepted))) = shutdown.stop.run_until_cancelled(next).await else { return };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file descriptors, most likely; trying again at once would only burn the processor.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = addresses.clone().enter(network(peer.ip()), limits.per_ip) else {
            counter!(CONNECTIONS_REFUSED, "reason" => "address").increment(1);
            continue;
        };
        let (router, builder, stop) = (router.clone(), builder.clone(), shutdown.stop.clone());
        shutdown.tasks.spawn(async move {
            gauge!(CONNECTIONS).increment(1);
            connection(&builder, stream, peer, router, limits, &stop).await;
            gauge!(CONNECTIONS).decrement(1);
            drop((permit, place));
        });
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

async fn connection(
    builder: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    stop: &CancellationToken,
) {
    // Answers are small and written whole; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let phase = Arc::new(Phase::new(limits.header, limits.idle, MAX_HEAD));
    let io = TokioIo::new(Watched::new(stream, phase.clone()));
    let service = hyper::service::service_fn(move |request| answer(router.clone(), request, peer, phase.clone().begin()));
    let mut connection = pin!(builder.serve_connection(io, service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

async fn answer(
    router: Router,
    mut request: hyper::Request<Incoming>,
    peer: SocketAddr,
    in_flight: InFlight,
) -> Result<hyper::Response<Held>, std::convert::Infallible> {
    let response = if in_flight.ambiguous() {
        Problem::Smuggling.into_response()
    } else {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {})
    };
    Ok(response.map(|body| Held { body, _in_flight: in_flight }))
}

/// A body during which its request counts as under way.
struct Held {
    body: Body,
    _in_flight: InFlight,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How many connections each address has.
#[derive(Default)]
struct Addresses(Mutex<HashMap<IpAddr, usize>>);

struct Place {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    fn enter(self: Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(address).or_default();
            if *count >= most {
                return None;
            }
            *count += 1;
        }
        Some(Place { addresses: self, address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;

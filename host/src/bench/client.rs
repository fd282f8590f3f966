//! A client that costs next to nothing: one kept connection, bodies made beforehand.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use axum::body::{Body, Bytes, to_bytes};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 16 << 20;

/// One connection to the host.
pub(super) struct Client {
    sender: SendRequest<Body>,
    token: String,
}

impl Client {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with the client; what goes wrong is told to whoever waits for an answer.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, token: token.to_owned() })
    }

    /// A request and its answer.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = Request::builder().method(method).uri(path).header(HOST, "localhost").header(CONTENT_TYPE, kind);
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token)).body(Body::from(body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, to_bytes(Body::new(response.into_body()), MAX_ANSWER).await?))
    }

    /// Reads a path.
    pub(super) async fn get(&mut self, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
        self.ask(Method::GET, path, "application/json", Bytes::new()).await
    }

    /// Sends events, all of which must be accepted.
    pub(super) async fn send(&mut self, path: &str, events: &Events) -> anyhow::Result<()> {
        let (status, answer) = self.ask(Method::POST, path, "application/json", events.body.clone()).await?;
        let told: serde_json::Value = serde_json::from_slice(&answer).context("the host's answer is no JSON")?;
        if status != StatusCode::OK || told["accepted"].as_u64() != Some(events.count) {
            bail!("the host answered {status}: {}", String::from_utf8_lossy(&answer).chars().take(400).collect::<String>());
        }
        Ok(())
    }
}

/// The body of a request, and how many events it holds.
#[derive(Clone)]
pub(super) struct Events {
    body: Bytes,
    pub(super) count: u64,
}

/// Packs events into bodies of `size`; one by one they stand alone, else in an array.
pub(super) fn bodies(lines: impl Iterator<Item = Vec<u8>>, size: usize) -> Vec<Events> {
    let mut lines = lines.peekable();
    let mut bodies = Vec::new();
    while lines.peek().is_some() {
        let batch: Vec<Vec<u8>> = lines.by_ref().take(size.max(1)).collect();
        let count = batch.len() as u64;
        let body = if size == 1 { batch.concat() } else { [b"[".as_slice(), &batch.join(&b','), b"]"].concat() };
        bodies.push(Events { body: body.into(), count });
    }
    bodies
}

//! A receiver of webhooks on this machine, which answers as a test wants it to and keeps what it was sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use andon::options::Options;
use andon::outbound::{Outward, Reach};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use futures::stream;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::options;

/// How it answers.
#[derive(Debug, Clone)]
pub enum Manner {
    /// With a status, at once.
    Status(u16),
    /// With a status and a header.
    With(u16, &'static str, String),
    /// Not at all.
    Hang,
    /// With a body that never ends.
    Endless,
}

/// What it was sent.
#[derive(Debug, Clone)]
pub struct Received {
    /// The path.
    pub path: String,
    /// The head.
    pub headers: HeaderMap,
    /// The exact bytes.
    pub body: Vec<u8>,
}

impl Received {
    /// The message's id.
    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

struct Shared {
    manner: Mutex<Manner>,
    received: watch::Sender<Vec<Received>>,
}

/// Listens until it is dropped.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Starts on a port that the system chooses.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { manner: Mutex::new(manner), received: watch::Sender::default() });
        let router = axum::Router::new().fallback(answer).with_state(shared.clone());
        let listening = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, listening }
    }

    /// Where it is, by a name or address of this machine.
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/hook", self.address.port())
    }

    /// Answers otherwise from now on.
    pub fn behave(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    /// What it was sent so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.borrow().clone()
    }

    /// Waits until it was sent what is wanted.
    pub async fn until(&self, enough: impl FnMut(&Vec<Received>) -> bool) {
        self.shared.received.subscribe().wait_for(enough).await.unwrap();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
    let received = Received { path: head.uri.path().to_owned(), headers: head.headers, body };
    shared.received.send_modify(|all| all.push(received));
    let manner = shared.manner.lock().unwrap().clone();
    let response = Response::builder();
    let response = match manner {
        Manner::Status(status) => response.status(status).body(Body::from("a secret of the receiver's")),
        Manner::With(status, name, value) => response.status(status).header(name, value).body(Body::empty()),
        Manner::Hang => std::future::pending().await,
        Manner::Endless => {
            let part = || async { Some((Ok::<_, std::io::Error>(vec![b'x'; 64 << 10]), ())) };
            response.body(Body::from_stream(stream::unfold((), move |()| part())))
        }
    };
    response.unwrap()
}

/// Options of a host that may send to this machine, in so much time.
pub fn outward(limit: Duration) -> Options {
    Options { outward: Outward { reach: Reach::Private, limit, ..Outward::default() }, ..options() }
}

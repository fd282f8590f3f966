//! Connections that are silent, slow, too many or two-tongued, over loopback.

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(50);

struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
}

async fn server(header: Duration, idle: Duration, per_ip: usize) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::default();
    let router = Router::new().route("/", get(async || "ok")).route("/", post(async |body: String| body));
    let (limits, serving) = (ConnectionLimits { connections: 10, per_ip, header, idle }, shutdown.clone());
    tokio::spawn(async move { serve(listener, router, limits, &serving).await });
    Server { address, shutdown }
}

async fn dial(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// Sends and reads until the server closes.
async fn talk(server: &Server, text: &str) -> String {
    let mut stream = dial(server).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good an end as any.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_the_connection_kept() {
    let server = server(LONG, LONG, 9).await;
    let one = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(talk(&server, &format!("{one}{last}")).await.matches("200 OK").count(), 2);
}

#[tokio::test]
async fn silence_is_ended_before_within_and_after_a_head() {
    let server = server(SHORT, SHORT, 9).await;
    for text in [
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nhost:",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nx",
        "PRI * HTTP/2.0\r\n\r\n",
    ] {
        assert!(!talk(&server, text).await.contains("200"), "{text}");
    }
    assert!(talk(&server, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.contains("200 OK"));
}

#[tokio::test]
async fn a_length_said_twice_is_refused() {
    let server = server(LONG, LONG, 9).await;
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "content-length: 5\r\ncontent-length: 6",
        "transfer-encoding: gzip",
    ] {
        let answer = talk(&server, &format!("POST / HTTP/1.1\r\nhost: x\r\n{lengths}\r\n\r\n0\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{lengths}: {answer}");
    }
    let mut stream = dial(&server).await;
    for piece in ["POST / HTTP/1.1\r\ncontent-", "length: 5\r\ntransfer-", "encoding: chunked\r\n\r", "\n0\r\n\r\n"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 400"));
    let body = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert!(talk(&server, body).await.ends_with("hello"));
}

#[tokio::test]
async fn one_address_gets_its_share_and_no_more() {
    let server = server(LONG, LONG, 1).await;
    let mut first = dial(&server).await;
    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(first.read(&mut [0; 1024]).await.unwrap() > 0);
    assert_eq!(rest(&mut dial(&server).await).await, "");
}

#[tokio::test]
async fn what_was_accepted_is_finished() {
    let server = server(LONG, LONG, 9).await;
    let mut stream = dial(&server).await;
    stream
        .write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n")
        .await
        .unwrap();
    let mut buffer = [0; 64];
    let n = stream.read(&mut buffer).await.unwrap();
    assert!(buffer[..n].starts_with(b"HTTP/1.1 100"));
    server.shutdown.stop.cancel();
    stream.write_all(b"hello").await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
    assert!(server.shutdown.drained(LONG).await);
}

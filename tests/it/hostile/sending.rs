//! Components of strangers sent to a whole host: more bytes than it takes are not kept while they come in, and of whatever is refused
//! nothing stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use andon::auth::Scope;
use andon::config::Config;
use andon_tests::guests::hostile;
use andon_tests::{Answer, Backend, Client, Door, TestApp, on_both};
use axum::body::Body;
use axum::http::Method;
use futures::{StreamExt, stream};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use tokio::runtime::Runtime;

use super::alone::{alone, most_memory};
use super::refusals;

/// Bytes of one piece of a body.
const PIECE: usize = 64 << 10;

/// So many bytes, made when they are read, and how many were read so far.
fn pieces(bytes: usize) -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = read.clone();
    let sizes = (0..bytes).step_by(PIECE).map(move |from| PIECE.min(bytes - from));
    let pieces = stream::iter(sizes).map(move |size| {
        counted.fetch_add(size, Ordering::Relaxed);
        Ok::<_, std::io::Error>(vec![0_u8; size])
    });
    (Body::from_stream(pieces), read)
}

/// Pushes so many bytes, with their length said or, as in chunks, without; answers with what was read of them.
async fn push(author: &Client, bytes: usize, is_said: bool) -> (Answer, usize) {
    let (length, (body, read)) = (bytes.to_string(), pieces(bytes));
    let headers = [("content-type", "application/wasm"), ("content-length", length.as_str())];
    let headers = if is_said { &headers[..] } else { &headers[..1] };
    let answer = author.send_body(Method::POST, "/v1/plugins", headers, body).await;
    (answer, read.load(Ordering::Relaxed))
}

#[test]
fn p4_more_than_is_taken_is_never_held_in_memory() {
    alone(module_path!(), "p4_more_than_is_taken_is_never_held_in_memory", &[], || {
        Runtime::new().unwrap().block_on(async {
            let test = TestApp::bare(Backend::Sqlite).await;
            let author = Door::new(&test).with_scopes(&[Scope::PluginsWrite]);
            let most = Config::default().plugin_bytes;
            for is_said in [true, false] {
                let (answer, read) = push(&author, most, is_said).await;
                assert!(answer.short().starts_with("422 plugin-refused") && read == most, "{}", answer.short());
                let before = most_memory();
                for bytes in [most + 1, 100 << 20] {
                    assert_eq!(push(&author, bytes, is_said).await.0.short(), "413 too-large", "{bytes} bytes");
                }
                // One that never ends is not read to its end.
                let (answer, read) = push(&author, 1 << 30, is_said).await;
                assert_eq!(answer.short(), "413 too-large");
                assert!(read <= (128 << 20) + 2 * PIECE, "{read} bytes were read");
                let grown = most_memory() - before;
                assert!(grown < 2 * most as i64, "{grown} bytes more than for one of the largest that are taken");
            }
        });
    });
}

on_both! {
    async fn p1_p19_nothing_is_kept_of_what_is_refused(backend) {
        let test = TestApp::bare(backend).await;
        let author = Door::new(&test).with_scopes(&[Scope::PluginsWrite]);
        let wasm = [("content-type", "application/wasm")];
        let push = async |component: Vec<u8>| author.send(Method::POST, "/v1/plugins", &wasm, component).await;
        for (number, (code, component)) in refusals::for_bytes().into_iter().chain(refusals::for_code()).enumerate() {
            let refused = push(component).await;
            assert_eq!((refused.status, &refused.json()["code"]), (422, &json!(code)), "component {number}: {}", refused.short());
        }
        assert_eq!(author.get("/v1/plugins").await.ok()["items"], json!([]));
        let db = test.app.store.db();
        let kept = Statement::from_string(db.get_database_backend(), "select count(*) as n from components");
        assert_eq!(db.query_one_raw(kept).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap(), 0);
        // And the next one is taken as if nothing had been.
        assert_eq!(push(hostile().to_vec()).await.status, 201);
    }
}

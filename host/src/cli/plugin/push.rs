//! `andon plugin push`: a component to a host, and what the host makes of it.

use anyhow::Context;
use bytes::Bytes;
use futures::stream;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method};
use serde_json::Value;

use super::failure;
use super::host::Host;
use super::project::Source;

/// Bytes that are handed to the connection at a time.
const CHUNK: usize = 64 << 10;

/// What to push, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    host: Host,
    /// The host's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Pushes, and prints name, version, digest and state; fails with the host's reasons.
pub async fn run(args: Args) -> anyhow::Result<()> {
    failure::told(args.json, push(&args)).await
}

async fn push(args: &Args) -> anyhow::Result<()> {
    let request = args.host.request(Method::POST, &["v1", "plugins"])?;
    let component = Bytes::from(args.source.project()?.component()?);
    let size = component.len();
    let bar = ProgressBar::new(size as u64)
        .with_style(ProgressStyle::with_template("{spinner} {bytes}/{total_bytes} {wide_bar} {msg}")?);
    let (told, chunks) = (bar.clone(), (0..size).step_by(CHUNK));
    let chunks = chunks.map(move |from| {
        let chunk = component.slice(from..(from + CHUNK).min(size));
        told.inc(chunk.len() as u64);
        if told.position() == size as u64 {
            told.set_message("the host is looking at it");
        }
        Ok::<_, std::io::Error>(chunk)
    });
    let body = Body::wrap_stream(stream::iter(chunks));
    let request = request.header(CONTENT_TYPE, "application/wasm").header(CONTENT_LENGTH, size).body(body);
    let answer = args.host.send(request).await;
    bar.finish_and_clear();
    let answer = answer?;
    let version: Value = serde_json::from_str(&answer).context("the host's answer is not JSON")?;
    if args.json {
        println!("{version:#}");
    } else {
        let text = |key: &str| version.get(key).and_then(Value::as_str).unwrap_or("?");
        println!("{} {}: {}\n{}", text("name"), text("version"), text("state"), text("digest"));
    }
    Ok(())
}

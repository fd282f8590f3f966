//! A backtest that a host does for its author: the candidate is pushed as a draft, asked about, waited for, and its report fetched.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::backtest::{Args, Candidate, named_bar, show};
use crate::backtest::Format;
use crate::cli::spinner;

/// How often the host is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// The report in the form asked for.
pub(super) async fn report(args: &Args, candidate: Candidate, format: Format) -> anyhow::Result<String> {
    let (name, version) = pushed(args, candidate).await?;
    let path = ["v1", "plugins", &name, "versions", &version, "backtests"];
    let asked = json!({"marketplace": args.marketplace, "from": args.from, "to": args.to, "every": args.every.to_string(),
        "settings": args.settings()});
    let begun = value(&args.server.send(args.server.request(Method::POST, &path)?.json(&asked)).await?)?;
    let id = begun.get("id").and_then(Value::as_i64).context("the host gave its backtest no number")?.to_string();
    let of_it = [&path[..], &[id.as_str()]].concat();
    waited_for(args, &of_it).await?;
    let request = args.server.request(Method::GET, &[&of_it[..], &["report"]].concat())?;
    args.server.send(request.query(&[("format", format.word())])).await
}

/// Name and version of the candidate on the host.
async fn pushed(args: &Args, candidate: Candidate) -> anyhow::Result<(String, String)> {
    let component = match candidate {
        Candidate::Pushed(name, version) => return Ok((name, version)),
        Candidate::Component(component) => component,
    };
    let request = args.server.request(Method::POST, &["v1", "plugins"])?.header(CONTENT_TYPE, "application/wasm").body(component);
    let spinner = spinner("The host is looking at the component");
    let answer = args.server.send(request).await;
    spinner.finish_and_clear();
    let answer = value(&answer?)?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    text("name").zip(text("version")).context("the host's answer names no version")
}

async fn waited_for(args: &Args, path: &[&str]) -> anyhow::Result<()> {
    let bar = named_bar(&args.marketplace);
    loop {
        let job = value(&args.server.send(args.server.request(Method::GET, path)?).await?)?;
        let number = |key: &str| job.pointer(&format!("/progress/{key}")).and_then(Value::as_u64).unwrap_or_default();
        show(&bar, (number("done"), number("of")), number("orders"));
        match job.get("state").and_then(Value::as_str).unwrap_or_default() {
            "queued" | "running" => tokio::time::sleep(ASK_EVERY).await,
            "done" => break,
            state => {
                bar.finish_and_clear();
                bail!("the backtest is {state}: {}", job.get("error").and_then(Value::as_str).unwrap_or("nobody says why"));
            }
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn value(answer: &str) -> anyhow::Result<Value> {
    serde_json::from_str(answer).context("the host's answer is not JSON")
}

//! The host that an author's commands talk to, and its answers in words.

use andon_domain::admission::Problem;
use anyhow::{Context, bail};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde_json::Value;

use super::failure::Refused;

/// Which host, and who asks.
#[derive(Debug, Clone, clap::Args)]
pub struct Host {
    /// Address of the host
    #[arg(long, env = "ANDON_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    url: String,
    /// Token for it; its scopes must include plugins:write
    #[arg(long, env = "ANDON_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Host {
    /// A request for a resource, by the segments of its path below the host's address.
    pub fn request(&self, method: Method, path: &[&str]) -> anyhow::Result<RequestBuilder> {
        let token = self.token.as_ref().context("a token is needed: give --token or set ANDON_TOKEN")?;
        let mut url: Url = self.url.parse().with_context(|| format!("{:?} is no address", self.url))?;
        match url.path_segments_mut() {
            Ok(mut segments) => drop(segments.pop_if_empty().extend(path)),
            Err(()) => bail!("{:?} is no address of a host", self.url),
        }
        Ok(reqwest::Client::new().request(method, url).bearer_auth(token).header(ACCEPT, "application/json"))
    }

    /// Sends a request and gives the answer's body; an answer that is a problem is an error with all that it says.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<String> {
        let response = request.send().await.with_context(|| format!("{} cannot be reached", self.url))?;
        if response.status().is_success() {
            return response.text().await.context("the answer broke off");
        }
        Err(refused(response).await.into())
    }
}

async fn refused(response: Response) -> Refused {
    let status = response.status();
    let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    let body = response.text().await.unwrap_or_default();
    let problem = serde_json::from_str::<Value>(&body).ok().filter(|_| is_problem);
    let Some(problem) = problem else {
        let words = format!("the host answered {status}; is this an Andon host?");
        return Refused { code: None, problems: Vec::new(), words };
    };
    let text = |key: &str| problem.get(key).and_then(Value::as_str);
    let code = text("code").map(|code| format!(" ({code})")).unwrap_or_default();
    let title = format!("the host answered {status}: {}{code}", text("title").unwrap_or("no reason given"));
    // Where every field at fault is listed, the detail repeats the first of them.
    let listed = problem.get("problems").and_then(Value::as_array).into_iter().flatten().map(|problem| {
        let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Problem { field: text("field"), reason: text("reason") }
    });
    let problems: Vec<_> = listed.collect();
    let listed = problems.iter().map(|p| format!("{} {}", p.field, p.reason));
    let mut lines: Vec<String> = std::iter::once(title).chain(listed).collect();
    if lines.len() == 1 {
        lines.extend(text("detail").map(str::to_owned));
    }
    Refused { code: text("code").map(str::to_owned), words: lines.join("\n  "), problems }
}

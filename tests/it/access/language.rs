//! Everything that a merchant is shown in words is in one language: the one they ask for, else their marketplace's.

use andon::auth::Scope;
use andon_tests::{Backend, MARKET};
use serde_json::{Value, json};

use super::rights::{self, For};
use super::shops::Shops;
use super::{Caller, Reach, left_out, operations, path_at, queried};

/// Members that hold words for people; everything else is a code, a number, a name or somebody's own words.
const WORDS: [&str; 2] = ["title", "text"];

/// Every text of an answer that is meant for people.
fn words(answer: &Value, found: &mut Vec<String>) {
    match answer {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if WORDS.contains(&name.as_str()) => found.push(text.clone()),
                    value => words(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        _ => {}
    }
}

fn chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_merchants_read_is_in_their_language() {
    let shops = Shops::open(Backend::Sqlite).await;
    let operator = shops.door.operator();
    operator.patch(&format!("/v1/marketplaces/{MARKET}"), &json!({"locale": "zh-CN"})).await.ok();
    let merchant = Caller::new(&shops, Reach::Merchant, vec![Scope::HealthRead]);
    let mut seen = 0;
    for operation in operations(&shops).await.iter().filter(|o| o.reads() || o.id == "what_if" || o.id == "replay_verdict") {
        let right = rights::of(&operation.id).unwrap();
        if right.1 != For::Merchants || !merchant.entitled(right) || left_out(operation) {
            continue;
        }
        let query: Vec<String> = operation.queries.iter().map(|name| format!("{name}={}", queried(name))).collect();
        let path = format!("{}?{}", path_at(operation, Some(&shops.own)), query.join("&"));
        for (asked, is_chinese) in [(None, true), (Some("en"), false), (Some("zh-CN"), true), (Some("de"), true)] {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(asked.map(|language| ("accept-language", language)));
            let body = operation.body.as_ref().map(Value::to_string).unwrap_or_default();
            let answer = merchant.client.send(operation.method.parse().unwrap(), &path, &headers, body.into()).await.ok();
            let mut found = Vec::new();
            words(&answer, &mut found);
            seen += found.len();
            for text in found {
                assert_eq!(chinese(&text), is_chinese, "{} asked for {asked:?}: `{text}`", operation.id);
            }
        }
    }
    assert!(seen > 100, "only {seen} texts were looked at");
}

/// Problems are in the language asked for; without one they are in English, since saying anything by the marketplace of the path
/// would tell that it exists.
#[tokio::test(flavor = "multi_thread")]
async fn problems_are_in_the_language_asked_for() {
    let shops = Shops::open(Backend::Sqlite).await;
    let merchant = Caller::new(&shops, Reach::Merchant, vec![Scope::HealthRead]);
    for (path, token) in
        [("merchants/zqx-other", true), ("merchants/zqx-own/health?x=1", true), ("generations", true), ("merchants", false)]
    {
        let path = format!("/v1/marketplaces/{MARKET}/{path}");
        let client = if token { merchant.client.clone() } else { shops.door.stranger() };
        for (asked, is_chinese) in [("en", false), ("zh", true), ("de", false)] {
            let answer = client.send(axum::http::Method::GET, &path, &[("accept-language", asked)], Vec::new()).await;
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
            assert_eq!(answer.header("content-language"), if is_chinese { "zh-CN" } else { "en" });
            assert_eq!(chinese(answer.json()["title"].as_str().unwrap()), is_chinese, "{path} {asked}");
        }
    }
}

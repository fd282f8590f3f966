//! Every operation of the API's own description against every kind of caller, at things of their own, of their neighbour, of another
//! marketplace, and at none: who gets in, that what is foreign cannot be told from what does not exist, that nobody's data is in
//! anybody else's answer, and that what is refused changes nothing. A new route is covered by being described.

mod document;
mod language;
mod rights;
mod shops;

use std::collections::BTreeMap;

use andon::auth::{Grant, MerchantClaim, Scope};
use andon_tests::events::NOW;
use andon_tests::{Answer, Client, MARKET, Picture, on_both};
use axum::http::Method;
use serde_json::Value;

use document::Operation;
use rights::{For, Right};
use shops::{Shop, Shops};

/// A reference, number and id that nothing has.
const UNKNOWN: &str = "zqx-nobody";
const UNKNOWN_NUMBER: &str = "4000000000";
const UNKNOWN_ID: &str = "00000000-0000-7000-8000-000000000000";

/// Parameters that name what is a whole marketplace's.
const SHARED: [&str; 6] =
    ["marketplaces/{m}", "generations/{id}", "backtests/{id}", "webhooks/{id}", "messages/{id}", "deliveries/{message}"];

/// Parameters that number things of all marketplaces alike, so that one marketplace's can be asked for in another.
const NUMBERED: [&str; 3] = ["generations/{id}", "enforcements/{id}", "webhooks/{id}"];

/// Operations that answer 404 or 409 even to who may call them, because [`Shops`] has no such thing.
const NOTHING_THERE: &[&str] =
    &["backtest_report", "ebay_report", "confirm_message", "replay_delivery", "remove_webhook", "drop_override"];

/// What has no end is not read where it is let in.
const ENDLESS: &str = "stream_messages";

/// How far a token reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everything,
    Market,
    Merchant,
    Nothing,
}

/// Somebody who calls.
struct Caller {
    reach: Reach,
    scopes: Vec<Scope>,
    client: Client,
}

impl Caller {
    fn all(shops: &Shops) -> Vec<Self> {
        let single = |reach| Scope::ALL.iter().map(move |(scope, _)| (reach, vec![*scope]));
        let every: Vec<Scope> = Scope::ALL.iter().map(|(scope, _)| *scope).filter(|s| *s != Scope::Admin).collect();
        let mut kinds: Vec<_> = single(Reach::Market).chain(single(Reach::Merchant)).collect();
        kinds.extend([
            (Reach::Everything, vec![Scope::Admin]),
            (Reach::Nothing, vec![Scope::Admin]),
            (Reach::Market, Vec::new()),
            (Reach::Merchant, every),
        ]);
        kinds.into_iter().map(|(reach, scopes)| Self::new(shops, reach, scopes)).collect()
    }

    fn new(shops: &Shops, reach: Reach, scopes: Vec<Scope>) -> Self {
        let (marketplaces, merchant) = match reach {
            Reach::Everything => (vec!["*".to_owned()], None),
            Reach::Market => (vec![MARKET.to_owned()], None),
            // A greedy claim beside the merchant's opens nothing.
            Reach::Merchant => {
                (vec!["*".to_owned()], Some(MerchantClaim { marketplace: MARKET.into(), reference: shops.own.reference.into() }))
            }
            Reach::Nothing => (Vec::new(), None),
        };
        let grant = Grant { scopes: scopes.clone(), marketplaces, merchant, ..shops.door.grant() };
        let client = shops.door.with_token(shops.door.token(&grant, shops.door.policy(), NOW));
        Self { reach, scopes, client }
    }

    /// Whether the token gets in at all, as far as its scopes and its kind go.
    fn entitled(&self, (_, whose, scopes): &Right) -> bool {
        let scoped = self.scopes.iter().any(|s| *s == Scope::Admin || scopes.contains(s));
        let kind = match whose {
            For::House => self.reach == Reach::Everything,
            For::Operators | For::Staff => self.reach != Reach::Merchant,
            For::Merchants | For::Parts => true,
        };
        scoped && kind
    }

    /// Whether it reaches the shop; of a thing that is the whole marketplace's, whether it reaches that.
    fn reaches(&self, shop: &Shop, shops: &Shops, shared: bool) -> bool {
        match self.reach {
            Reach::Everything => true,
            Reach::Nothing => false,
            Reach::Market => shop.market == shops.own.market,
            Reach::Merchant if shared => shop.market == shops.own.market,
            Reach::Merchant => shop.reference == shops.own.reference,
        }
    }

    fn says(&self) -> String {
        let words: Vec<_> = self.scopes.iter().map(|s| s.word()).collect();
        format!("{:?} with `{}`", self.reach, words.join(" "))
    }
}

/// Sends an operation's least request for a path.
async fn call(client: &Client, operation: &Operation, path: &str) -> Answer {
    let query: Vec<String> = operation.queries.iter().map(|name| format!("{name}={}", queried(name))).collect();
    let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
    let method: Method = operation.method.parse().unwrap();
    match &operation.body {
        Some(body) => client.json(method, &target, body).await,
        None => client.send(method, &target, &[], Vec::new()).await,
    }
}

/// A value for a parameter that queries must have.
fn queried(name: &str) -> &'static str {
    match name {
        "metric" => "odr",
        _ => panic!("a value for the query's `{name}` is missing here"),
    }
}

/// An operation's path with the things of one shop, or of none.
fn path_at(operation: &Operation, shop: Option<&Shop>) -> String {
    operation.filled(|parameter| thing_at(parameter, shop))
}

fn thing_at(parameter: &str, shop: Option<&Shop>) -> String {
    match (shop, parameter) {
        (_, "plugins/{name}") => "amazon".to_owned(),
        (_, "versions/{v}") => "0.1.0".to_owned(),
        (_, "feedback/{ruling}") => "strike".to_owned(),
        (_, "overrides/{action}") => "warning".to_owned(),
        (Some(shop), _) => {
            shop.thing(parameter).unwrap_or_else(|| panic!("what `{parameter}` names is missing in `Shop::thing`"))
        }
        (None, "marketplaces/{m}") => MARKET.to_owned(),
        (None, "generations/{id}" | "backtests/{id}" | "webhooks/{id}" | "ledger/{seq}") => UNKNOWN_NUMBER.to_owned(),
        (None, _) if parameter.ends_with("{ref}") => UNKNOWN.to_owned(),
        (None, _) => UNKNOWN_ID.to_owned(),
    }
}

/// Nothing in an answer may be about a shop that the caller does not reach.
fn keeps_secrets(caller: &Caller, shops: &Shops, path: &str, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body);
    for shop in shops.all().into_iter().filter(|shop| !caller.reaches(shop, shops, false)) {
        for secret in shop.secrets() {
            assert!(!text.contains(&secret), "{} at {path} is told `{secret}`: {text}", caller.says());
        }
        let told = shop.market != shops.own.market && text.contains(shop.market);
        assert!(!told, "{} at {path} is told of {}: {text}", caller.says(), shop.market);
    }
}

/// Whether an operation has nothing to show here, or no end.
fn left_out(operation: &Operation) -> bool {
    operation.id == ENDLESS || NOTHING_THERE.contains(&operation.id.as_str())
}

async fn operations(shops: &Shops) -> Vec<Operation> {
    Operation::all(&shops.door.stranger().get("/openapi.json").await.ok())
}

fn same(what: &str, answers: &[(String, Answer)]) {
    for pair in answers.windows(2) {
        let [(first, a), (second, b)] = pair else { continue };
        assert_eq!((a.short(), &a.body), (b.short(), &b.body), "{what}: {first} and {second}");
    }
}

on_both! {
    async fn nobody_gets_further_than_their_token(backend) {
        let shops = Shops::open(backend).await;
        let operations = operations(&shops).await;
        let before = Picture::of(&shops.test).await;
        for caller in &Caller::all(&shops) {
            for operation in &operations {
                refused(caller, operation, &shops).await;
            }
        }
        for operation in &operations {
            let answer = call(&shops.door.stranger(), operation, &path_at(operation, Some(&shops.own))).await;
            assert_eq!(answer.short(), "401 unauthenticated", "{}", operation.id);
        }
        assert!(Picture::of(&shops.test).await == before, "what was refused changed something");
        // Reading first, and taking away last: what writes may change what there is to read.
        for methods in [&["GET"][..], &["POST", "PUT", "PATCH"], &["DELETE"]] {
            for caller in &Caller::all(&shops) {
                for operation in operations.iter().filter(|o| methods.contains(&o.method.as_str()) && o.id != ENDLESS) {
                    admitted(caller, operation, &shops).await;
                }
            }
        }
    }
}

on_both! {
    /// Databases differ in what they make of NUL, and no name holds one: it is refused wherever it stands.
    async fn nul_is_refused_in_every_path_and_query(backend) {
        let shops = Shops::open(backend).await;
        let operator = Caller::new(&shops, Reach::Everything, vec![Scope::Admin]);
        let mut asked = 0;
        for operation in &operations(&shops).await {
            let nul = |place: &str| operation.filled(|p| if p == place { "a%00".to_owned() } else { thing_at(p, Some(&shops.own)) });
            let own = path_at(operation, Some(&shops.own));
            let paths = operation.parameters().into_iter().map(|place| nul(&place));
            let queries = operation.every_query.iter().map(|name| format!("{own}?{name}=%00"));
            for target in paths.chain(queries) {
                let method: Method = operation.method.parse().unwrap();
                let answer = operator.client.json(method, &target, operation.body.as_ref().unwrap_or(&Value::Null)).await;
                assert_eq!(answer.short(), "400 malformed", "{} {target}", operation.method);
                asked += 1;
            }
        }
        assert!(asked > 150, "only {asked}");
    }
}

/// A caller who may not is refused in the same words wherever the thing is, and whether it is.
async fn refused(caller: &Caller, operation: &Operation, shops: &Shops) {
    let right = rights::of(&operation.id).unwrap_or_else(|| panic!("{} is missing in the table of rights", operation.id));
    let parameters = operation.parameters();
    let mine = |p: &String| shops.own.thing(p).is_some() && !SHARED.contains(&p.as_str());
    let shared = right.1 == For::Parts || !parameters.iter().any(mine);
    let mut places: Vec<(String, bool)> = Vec::new();
    for shop in shops.all() {
        places.push((path_at(operation, Some(shop)), caller.reaches(shop, shops, shared)));
    }
    places.push((path_at(operation, None), shared && caller.reaches(&shops.own, shops, true)));
    if parameters.iter().any(|p| NUMBERED.contains(&p.as_str())) {
        // Another marketplace's thing, asked for in one that may be reached.
        let crossed = Shop { market: shops.own.market, ..shops.foreign.clone() };
        places.push((path_at(operation, Some(&crossed)), false));
    }
    let placeless = parameters.iter().all(|p| shops.own.thing(p).is_none());
    let mut answers = Vec::new();
    for (path, reached) in places {
        let entitled = caller.entitled(right);
        // Who reaches the marketplace may write to things that are not there yet, and learn that there is none to read.
        let there = reached || placeless || caller.reach == Reach::Everything;
        let staff_at_nothing = path.contains(UNKNOWN) && caller.reach == Reach::Market;
        if entitled && (there || staff_at_nothing) {
            continue;
        }
        let answer = call(&caller.client, operation, &path).await;
        let expected = if entitled { "404 not-found" } else { "403 forbidden" };
        assert_eq!(answer.short(), expected, "{} at {} {path}", caller.says(), operation.method);
        keeps_secrets(caller, shops, &path, &answer);
        answers.push((path, answer));
    }
    same(&caller.says(), &answers);
}

/// A caller who may is let in, and told nothing of those whom they do not reach.
async fn admitted(caller: &Caller, operation: &Operation, shops: &Shops) {
    let right = rights::of(&operation.id).unwrap();
    let placeless = operation.parameters().iter().all(|p| shops.own.thing(p).is_none());
    if !caller.entitled(right) || !(placeless || caller.reaches(&shops.own, shops, false)) {
        return;
    }
    let path = path_at(operation, Some(&shops.own));
    // A write gets in as far as its body, which is of no use.
    let answer = match operation.body {
        Some(_) => {
            caller.client.send(operation.method.parse().unwrap(), &path, &[("content-type", "text/plain")], Vec::new()).await
        }
        None => call(&caller.client, operation, &path).await,
    };
    let said = format!("{} at {} {path}: {}", caller.says(), operation.method, answer.short());
    let absent = NOTHING_THERE.contains(&operation.id.as_str()) && [404, 409].contains(&answer.status);
    let refused = [401, 403, 404, 405].contains(&answer.status) || answer.status >= 500;
    assert!(absent || if operation.reads() { answer.status == 200 } else { !refused }, "{said}");
    keeps_secrets(caller, shops, &path, &answer);
    if right.1 == For::Parts && caller.reach == Reach::Merchant {
        let foreign = path_at(operation, Some(&shops.other));
        let none = path_at(operation, None);
        let parts = [call(&caller.client, operation, &foreign).await, call(&caller.client, operation, &none).await];
        for answer in &parts {
            keeps_secrets(caller, shops, &foreign, answer);
        }
        same(&caller.says(), &[foreign, none].into_iter().zip(parts).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_stands_in_the_table_of_rights_once() {
    let shops = Shops::open(andon_tests::Backend::Sqlite).await;
    let mut described: Vec<String> = operations(&shops).await.into_iter().map(|o| o.id).collect();
    described.sort_unstable();
    let mut listed: Vec<&str> = rights::RIGHTS.iter().map(|(id, ..)| *id).collect();
    listed.sort_unstable();
    assert_eq!(listed, described);
}

/// Merchants' lists hold their own things and not fewer: an answer that keeps secrets by being empty is no answer.
#[tokio::test(flavor = "multi_thread")]
async fn merchants_find_what_is_theirs() {
    let shops = Shops::open(andon_tests::Backend::Sqlite).await;
    let merchant = Caller::new(&shops, Reach::Merchant, vec![Scope::HealthRead]);
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for operation in operations(&shops).await.iter().filter(|o| o.reads()) {
        if merchant.entitled(rights::of(&operation.id).unwrap()) && !left_out(operation) {
            let answer: Value = call(&merchant.client, operation, &path_at(operation, Some(&shops.own))).await.ok();
            let empty = answer["items"].as_array().is_some_and(Vec::is_empty);
            found.insert(operation.id.clone(), !empty);
        }
    }
    let empty: Vec<_> = found.iter().filter(|(_, found)| !**found).map(|(id, _)| id.as_str()).collect();
    // Nothing has been announced to anybody.
    assert_eq!(empty, ["list_notices"]);
    assert!(found.len() > 8, "{found:?}");
}

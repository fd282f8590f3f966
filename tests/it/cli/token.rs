//! `andon token`: what it prints opens what it says, and nothing else.

use andon_tests::process::{Connection, Process};
use serde_json::{Value, json};

use super::{BINARY, andon};

#[test]
fn a_token_opens_what_it_says() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().to_str().unwrap();
    let host = Process::serve(BINARY, home.path(), &format!("sqlite:{place}/andon.db"));
    let ask = |arguments: &[&str]| {
        let token = andon(&[&["token", "--home", place], arguments].concat()).ok();
        assert_eq!(token.lines().count(), 1, "{token}");
        Connection::open(host.address(), token.trim()).unwrap()
    };
    let mut operator = ask(&["--scope", "admin", "--subject", "jane"]);
    let market = json!({"code": "shop", "name": "Shop", "currency": "BRL", "time_zone": "UTC"});
    assert_eq!(operator.post("/v1/marketplaces", &market.to_string()).unwrap().0, 201);
    let (_, entries) = operator.get("/v1/marketplaces/shop/ledger").unwrap();
    assert!(entries.to_string().contains(r#""actor":"jane""#), "{entries}");
    let status = |answer: std::io::Result<(u16, Value)>| answer.unwrap().0;
    let mut reader = ask(&["--scope", "health:read, events:write", "--marketplace", "shop"]);
    assert_eq!(status(reader.get("/v1/marketplaces/shop/merchants")), 200);
    assert_eq!(status(reader.get("/v1/marketplaces/elsewhere/merchants")), 404);
    assert_eq!(status(reader.post("/v1/marketplaces", &market.to_string())), 403);
    let mut merchant = ask(&["--scope", "health:read", "--merchant", "shop/m", "--seconds", "60"]);
    assert_eq!(status(merchant.get("/v1/marketplaces/elsewhere/merchants")), 404);
}

#[test]
fn what_no_token_can_be_made_of_is_said() {
    let home = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        andon(&[&["token", "--home", home.path().to_str().unwrap()], arguments].concat()).failed().to_owned()
    };
    assert!(said(&["--scope", "everything"]).contains("must be one of "));
    assert!(said(&["--scope", "admin", "--merchant", "m"]).contains("--merchant must be MARKETPLACE/REF"));
    assert!(said(&["--scope", "admin", "--seconds", "4000000000"]).contains("the host takes tokens of at most "));
    std::fs::write(home.path().join("keys.toml"), "jwks = 'keys.json'").unwrap();
    let keys = home.path().join("keys.toml");
    assert!(
        said(&["--scope", "admin", "--config", keys.to_str().unwrap()]).contains("tokens come from whoever holds those keys")
    );
}

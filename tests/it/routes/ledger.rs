//! `/v1/marketplaces/{m}/ledger`: who sees what, in pages; and a proof that a merchant checks with nothing but the answer.

use andon::auth::Scope;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, placed, rated, rfc3339};
use andon_tests::{Backend, Client, Door, MARKET, TestApp, on_both};
use ct_merkle::{InclusionProof, RootHash};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Shop;

const LEDGER: &str = "/v1/marketplaces/olist/ledger";

/// A shop that no rules judge, and four entries: the marketplace, and feedback on two of its orders.
async fn moderated(backend: Backend) -> Shop {
    let test = TestApp::bare(backend).await;
    test.create_market(MARKET, RulesSetup::default()).await;
    let orders = ["m-0", "m-1", "m-2"];
    test.accept(&orders.map(|order| placed(order, "m", NOW - 9 * DAY))).await;
    test.accept(&orders.map(|order| rated(order, 1, NOW - 5 * DAY))).await;
    let door = Door::new(&test);
    let operator = door.operator();
    let shop = Shop { test, door, operator };
    for (order, what) in [("m-0", "strike"), ("m-1", "withdraw"), ("m-0", "restore")] {
        let path = format!("/v1/marketplaces/olist/orders/{order}/feedback/{what}");
        shop.operator.post(&path, &json!({"reason": format!("to {what}")})).await.ok();
    }
    shop
}

/// Members of the entries on a page.
async fn page(client: &Client, query: &str, member: &str) -> Vec<Value> {
    let page = client.get(&format!("{LEDGER}{query}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|entry| entry[member].clone()).collect()
}

/// An entry's hash, from its JSON and the description in `host/LEDGER.md` alone.
fn hash(market: &str, entry: &Value) -> Vec<u8> {
    let number = |n: i64| n.to_be_bytes().to_vec();
    let text = |text: &str| [number(text.len() as i64), text.as_bytes().to_vec()].concat();
    let of = |name: &str| text(entry[name].as_str().unwrap());
    let optional = |name: &str| if entry[name].is_null() { vec![0] } else { [vec![1], of(name)].concat() };
    let bytes = |name: &str| hex::decode(entry[name].as_str().unwrap()).unwrap();
    let at = chrono::DateTime::parse_from_rfc3339(entry["at"].as_str().unwrap()).unwrap().timestamp_millis();
    let parts = [
        text("andon ledger entry 1"),
        text(market),
        number(entry["seq"].as_i64().unwrap()),
        bytes("previous"),
        number(at),
        bytes("actor_digest"),
        of("kind"),
        optional("merchant"),
        of("about"),
        of("reason"),
        optional("before"),
        optional("after"),
    ];
    Sha256::digest(parts.concat()).to_vec()
}

on_both! {
    async fn staff_see_everything_in_pages_and_merchants_their_own(backend) {
        let shop = moderated(backend).await;
        let reader = shop.door.with_scopes(&[Scope::HealthRead]);
        assert_eq!(page(&reader, "", "seq").await, [3, 2, 1, 0]);
        assert_eq!(page(&reader, "?kind=feedback.struck", "seq").await, [1]);
        assert_eq!(page(&reader, "?about=m-0", "kind").await, ["feedback.restored", "feedback.struck"]);
        assert_eq!(page(&reader, "?merchant=m&about=m-1", "seq").await, [2]);
        assert_eq!(page(&reader, "?merchant=other", "seq").await, [0; 0]);
        let first = reader.get(&format!("{LEDGER}?limit=2&merchant=m")).await.ok();
        let cursor = first["next"].as_str().unwrap();
        assert_eq!(page(&reader, &format!("?limit=2&merchant=m&cursor={cursor}"), "seq").await, [1]);
        assert_eq!(reader.get(&format!("{LEDGER}?limit=2&cursor={cursor}")).await.short(), "400 malformed", "another list");
        for (query, expected) in [("?limit=0", "422 invalid limit"), ("?since=1", "400 malformed"), ("?cursor=x", "400 malformed")] {
            assert_eq!(reader.get(&format!("{LEDGER}{query}")).await.short(), expected, "{query}");
        }
        let entry = reader.get(&format!("{LEDGER}/1")).await.ok();
        assert_eq!((&entry["actor"], &entry["reason"], &entry["at"]), (&json!("somebody"), &json!("to strike"), &json!(rfc3339(NOW).replace(".000", ""))));

        let merchant = shop.door.merchant("m");
        for query in ["", "?merchant=m", "?limit=200"] {
            assert_eq!(page(&merchant, query, "seq").await, [3, 2, 1]);
        }
        assert_eq!(page(&merchant, "?about=m-1", "seq").await, [2]);
        let foreign = shop.door.merchant("other");
        for query in ["", "?merchant=other", "?merchant=m", "?merchant=nobody"] {
            assert_eq!(page(&foreign, query, "seq").await, [0; 0]);
        }
        let seen = merchant.get(&format!("{LEDGER}/1")).await.ok();
        assert_eq!((&seen["actor"], &seen["actor_salt"]), (&json!(null), &json!(null)));
        for member in ["actor_digest", "hash", "previous", "before", "after", "reason"] {
            assert_eq!(seen[member], entry[member], "{member}");
        }
        for path in ["0", "0/proof", "4", "4/proof", "x", "-1", "99999999999999999999"] {
            let unknown = merchant.get(&format!("{LEDGER}/{path}")).await;
            assert_eq!(unknown.short(), "404 not-found", "{path}");
            assert_eq!(unknown.body, foreign.get(&format!("{LEDGER}/1")).await.body);
        }
        for path in ["", "/head", "/1", "/1/proof", "/export"] {
            let path = format!("{LEDGER}{path}");
            assert_eq!(shop.door.with_scopes(&[Scope::EventsWrite]).get(&path).await.short(), "403 forbidden");
            assert_eq!(shop.door.stranger().get(&path).await.short(), "401 unauthenticated");
            assert_eq!(reader.get(&path.replace("olist", "nowhere")).await.short(), "404 not-found");
        }
        assert_eq!(merchant.get(&format!("{LEDGER}/export")).await.short(), "403 forbidden");
    }

    async fn a_merchant_checks_a_proof_with_the_answer_and_a_head_alone(backend) {
        let shop = moderated(backend).await;
        let merchant = shop.door.merchant("m");
        let earlier = merchant.get(&format!("{LEDGER}/head")).await.ok();
        let more = json!({"reason": "once more"});
        shop.operator.post("/v1/marketplaces/olist/orders/m-2/feedback/strike", &more).await.ok();
        let head = merchant.get(&format!("{LEDGER}/head")).await.ok();
        assert_eq!((&earlier["size"], &head["size"]), (&json!(4), &json!(5)));
        for (query, head) in [("", &head), ("?size=5", &head), ("?size=4", &earlier)] {
            let proof = merchant.get(&format!("{LEDGER}/1/proof{query}")).await.ok();
            assert_eq!((&proof["root"], &proof["tree_size"], &proof["leaf_index"]), (&head["root"], &head["size"], &json!(1)));
            let entry = &proof["entry"];
            let own = hash(proof["marketplace"].as_str().unwrap(), entry);
            assert_eq!(hex::encode(&own), entry["hash"], "the entry says what its hash stands for");
            let path: Vec<u8> = proof["path"].as_array().unwrap().iter().flat_map(|h| hex::decode(h.as_str().unwrap()).unwrap()).collect();
            let root: [u8; 32] = hex::decode(head["root"].as_str().unwrap()).unwrap().try_into().unwrap();
            let tree = RootHash::<Sha256>::new(root.into(), head["size"].as_u64().unwrap());
            let path = InclusionProof::<Sha256>::try_from_bytes(path).unwrap();
            tree.verify_inclusion(&own, 1, &path).unwrap();
            assert!(tree.verify_inclusion(&own, 3, &path).is_err());
        }
        for size in ["0", "1", "6"] {
            assert_eq!(merchant.get(&format!("{LEDGER}/1/proof?size={size}")).await.short(), "422 invalid size");
        }
    }

    async fn an_export_is_all_that_the_head_is_made_of(backend) {
        let shop = moderated(backend).await;
        let export = shop.operator.get(&format!("{LEDGER}/export")).await;
        assert_eq!((export.status, export.header("content-type")), (200, "application/x-ndjson"));
        let lines: Vec<Value> = String::from_utf8(export.body).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.iter().map(|line| line["seq"].clone()).collect::<Vec<_>>(), [0, 1, 2, 3]);
        let mut previous = "0".repeat(64);
        let mut tree = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for line in &lines {
            assert_eq!(line["previous"], previous);
            previous = hex::encode(hash("olist", line));
            assert_eq!(line["hash"], previous);
            let (salt, actor) = (hex::decode(line["actor_salt"].as_str().unwrap()).unwrap(), line["actor"].as_str().unwrap());
            let text = |text: &str| [(text.len() as u64).to_be_bytes().to_vec(), text.as_bytes().to_vec()].concat();
            assert_eq!(line["actor_digest"], hex::encode(Sha256::digest([text("andon ledger actor 1"), salt, text(actor)].concat())));
            tree.push(hex::decode(&previous).unwrap());
        }
        let head = shop.operator.get(&format!("{LEDGER}/head")).await.ok();
        assert_eq!((&head["hash"], &head["root"]), (&json!(previous), &json!(hex::encode(tree.root().as_bytes()))));
    }
}

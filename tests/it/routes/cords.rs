//! The cord: off sale in one call, back by another hand, pulled by complaints alone, and hard to abuse.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::{Client, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const MARKET: &str = "/v1/marketplaces/olist";
const CORD: &str = "/v1/marketplaces/olist/listings/listing-1/cord";
const HOUR: i64 = 3_600_000;

fn agent(shop: &Shop, name: &str) -> Client {
    shop.door.person(name, &[Scope::CordPull, Scope::CordRelease])
}

fn complaint(order: usize, reason: &str, at: i64) -> Value {
    event(
        &format!("c-{order}-{at}"),
        "return.requested",
        &format!("m-{order}"),
        at,
        json!({"return": format!("r-{order}"), "reason": reason}),
    )
}

fn pull(orders: &[&str]) -> Value {
    json!({"reason": "defective", "orders": orders, "note": "The lid comes off."})
}

fn release(upheld: bool) -> Value {
    json!({"upheld": upheld, "root_cause": "a loose hinge", "correction": "hinges glued", "prevention": "each is tried", "evidence": ["m-3"]})
}

async fn pulled(client: &Client) -> Value {
    client.get(&format!("{MERCHANT}/account")).await.ok()["listings_pulled"].clone()
}

async fn stages(client: &Client) -> Vec<String> {
    let list = client.get(CORD).await.ok();
    let stage = |cord: &Value| cord["enforcement"]["stage"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(stage).collect()
}

async fn auto(shop: &Shop, policy: Value) {
    shop.operator.patch(MARKET, &json!({"action_modes": {"pull-listing": "auto"}, "policy": policy})).await.ok();
}

on_both! {
    async fn one_call_takes_a_listing_off_sale_and_another_hand_brings_it_back(backend) {
        let shop = Shop::open(backend).await;
        let [ann, bob] = ["ann", "bob"].map(|name| agent(&shop, name));
        let cord = ann.post(CORD, &pull(&["m-1", "m-2"])).await;
        assert_eq!((cord.status, &cord.json()["enforcement"]["stage"], &cord.json()["buyers"]), (201, &json!("in-force"), &json!(2)));
        assert_eq!(pulled(&shop.operator).await, json!(["listing-1"]));
        assert_eq!(ann.post(CORD, &pull(&["m-1"])).await.short(), "409 conflict");
        assert_eq!(ann.post(&format!("{CORD}/release"), &release(true)).await.short(), "403 forbidden");
        let merchant = shop.door.merchant("m").get(CORD).await.ok()["items"][0].clone();
        assert_eq!((&merchant["enforcement"]["author"], &merchant["reason"]), (&Value::Null, &json!("defective")));
        assert_eq!(shop.door.merchant("other").get(CORD).await.ok()["items"], json!([]));
        let let_go = bob.post(&format!("{CORD}/release"), &release(true)).await.ok();
        assert_eq!((&let_go["enforcement"]["stage"], &let_go["release"]["root_cause"]), (&json!("lifted"), &json!("a loose hinge")));
        assert_eq!(pulled(&shop.operator).await, json!([]));
        assert_eq!(bob.post(&format!("{CORD}/release"), &release(true)).await.short(), "404 not-found");
    }

    async fn a_pull_needs_a_reason_and_evidence_about_the_listing(backend) {
        let shop = Shop::open(backend).await;
        let ann = agent(&shop, "ann");
        let mut other = placed("x-1", "other", NOW - 5 * DAY);
        other["data"]["listing"] = json!("listing-1");
        shop.test.accept(&[other]).await;
        for (body, expected) in [
            (json!({"reason": "cheaper-elsewhere", "orders": ["m-1"], "note": "x"}), "422 invalid reason"),
            (json!({"reason": "defective", "note": "x"}), "422 invalid orders"),
            (json!({"reason": "defective", "orders": ["nothing"], "note": "x"}), "422 invalid orders"),
            (json!({"reason": "defective", "contacts": ["nothing"], "note": "x"}), "422 invalid contacts"),
            (json!({"reason": "defective", "orders": ["m-1", "x-1"], "note": "x"}), "422 invalid orders"),
            (json!({"reason": "defective", "orders": ["m-1"], "note": ""}), "422 invalid note"),
            (json!({"reason": "defective", "orders": vec!["m-1"; 51], "note": "x"}), "422 invalid orders"),
        ] {
            assert_eq!(ann.post(CORD, &body).await.short(), expected, "{body}");
        }
        let elsewhere = CORD.replace("listing-1", "listing-9");
        assert_eq!(ann.post(&elsewhere, &pull(&["m-1"])).await.short(), "422 invalid orders");
        assert_eq!(shop.door.merchant("m").post(CORD, &pull(&["m-1"])).await.short(), "403 forbidden");
        assert_eq!(pulled(&shop.operator).await, json!([]));
    }

    async fn two_buyers_with_the_same_reason_pull_it_by_themselves(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&[complaint(1, "defective", NOW - DAY), complaint(2, "defective", NOW - HOUR)]).await;
        assert_eq!(stages(&shop.operator).await, ["observed"], "nobody has said that it may");
        auto(&shop, json!({})).await;
        shop.test.accept(&[complaint(3, "unwanted", NOW - HOUR), complaint(4, "wrong-item", NOW - HOUR)]).await;
        assert_eq!(stages(&shop.operator).await, ["observed"]);
        shop.test.accept(&[complaint(5, "defective", NOW - HOUR / 4)]).await;
        assert_eq!(stages(&shop.operator).await, ["in-force", "withdrawn"]);
        let cord = shop.operator.get(CORD).await.ok()["items"][0].clone();
        assert_eq!((&cord["enforcement"]["author"], &cord["buyers"], &cord["orders"]), (&json!("andon"), &json!(3), &json!(["m-5", "m-2", "m-1"])));
        agent(&shop, "bob").post(&format!("{CORD}/release"), &release(false)).await.ok();
        shop.test.accept(&[complaint(6, "defective", NOW)]).await;
        assert_eq!(stages(&shop.operator).await, ["reversed", "withdrawn"], "what was let go is not held against it again");
    }

    async fn a_buyer_counts_once_and_old_complaints_not_at_all(backend) {
        let shop = Shop::open(backend).await;
        auto(&shop, json!({})).await;
        let mut again = complaint(1, "defective", NOW - HOUR);
        again["id"] = json!("again");
        again["data"]["return"] = json!("another");
        shop.test.accept(&[complaint(1, "defective", NOW - DAY), again, complaint(2, "defective", NOW - 31 * DAY)]).await;
        assert_eq!(stages(&shop.operator).await, Vec::<String>::new());
    }

    async fn a_burst_makes_a_second_person_look(backend) {
        let shop = Shop::open(backend).await;
        auto(&shop, json!({"cord": {"buyers": 3}})).await;
        shop.test.accept(&(1..4).map(|i| complaint(i, "defective", NOW - 60_000 * i as i64)).collect::<Vec<_>>()).await;
        assert_eq!(stages(&shop.operator).await, ["in-review"]);
        assert_eq!(pulled(&shop.operator).await, json!([]));
        let cord = agent(&shop, "bob").post(&format!("{CORD}/uphold"), &json!({"note": "All three sent pictures."})).await.ok();
        assert_eq!((&cord["enforcement"]["stage"], &cord["doubts"]), (&json!("in-force"), &json!(["burst"])));
        assert_eq!(pulled(&shop.operator).await, json!(["listing-1"]));
    }

    async fn buyers_who_complain_together_again_count_as_one(backend) {
        let shop = Shop::open(backend).await;
        auto(&shop, json!({})).await;
        for i in 1..=2 {
            let (order, at) = (format!("x-{i}"), NOW - 9 * DAY);
            let mut bought = placed(&order, "other", at);
            (bought["data"]["buyer"], bought["data"]["listing"]) = (json!(format!("buyer-of-m-{i}")), json!("elsewhere"));
            let said = json!({"return": order, "reason": if i == 1 { "defective" } else { "wrong-item" }});
            let back = event(&format!("back-{i}"), "return.requested", &order, at + i * DAY, said);
            shop.test.accept(&[bought, back]).await;
        }
        shop.test.accept(&[complaint(1, "defective", NOW - DAY), complaint(2, "defective", NOW - HOUR)]).await;
        let cord = shop.operator.get(CORD).await.ok()["items"][0].clone();
        assert_eq!((&cord["enforcement"]["stage"], &cord["doubts"]), (&json!("in-review"), &json!(["related"])));
        assert_eq!(pulled(&shop.operator).await, json!([]));
        assert_eq!(agent(&shop, "ann").post(CORD, &pull(&["m-1", "m-2"])).await.short(), "409 conflict");
    }

    async fn an_agent_who_pulls_much_or_has_something_to_win_needs_a_second(backend) {
        let shop = Shop::open(backend).await;
        let mut second = placed("m-second", "m", NOW - 5 * DAY);
        second["data"]["listing"] = json!("listing-2");
        shop.test.accept(&[second]).await;
        shop.operator.patch(MARKET, &json!({"policy": {"cord": {"agent_daily": 1, "conflicted": ["eve"]}}})).await.ok();
        let ann = agent(&shop, "ann");
        assert_eq!(ann.post(CORD, &pull(&["m-1"])).await.json()["enforcement"]["stage"], "in-force");
        let other = CORD.replace("listing-1", "listing-2");
        let doubted = ann.post(&other, &pull(&["m-second"])).await.json();
        assert_eq!((&doubted["enforcement"]["stage"], &doubted["doubts"]), (&json!("in-review"), &json!(["agent-rate"])));
        assert_eq!(ann.post(&format!("{other}/uphold"), &json!({"note": "me again"})).await.short(), "403 forbidden");
        agent(&shop, "bob").post(&format!("{other}/release"), &release(false)).await.ok();
        let doubted = agent(&shop, "eve").post(&other, &pull(&["m-second"])).await.json();
        assert_eq!(doubted["doubts"], json!(["conflict-of-interest"]));
    }

    async fn what_nobody_reviews_is_said_and_then_let_go(backend) {
        let shop = Shop::open(backend).await;
        agent(&shop, "ann").post(CORD, &pull(&["m-1"])).await.json();
        for (hours, stage) in [(23, "in-force"), (2, "in-force"), (48, "expired")] {
            shop.test.clock.advance(hours * HOUR);
            shop.test.drain().await;
            assert_eq!(stages(&shop.door.operator()).await, [stage], "{hours}");
        }
        agent(&shop, "ann").post(CORD, &pull(&["m-1"])).await.json();
        agent(&shop, "bob").post(&format!("{CORD}/uphold"), &json!({"note": "seen it"})).await.ok();
        shop.test.clock.advance(100 * HOUR);
        shop.test.drain().await;
        assert_eq!(stages(&shop.door.operator()).await, ["in-force", "expired"], "reviewed, it stays until it is released");
    }

    async fn releasing_leaves_what_a_reviewer_pulled(backend) {
        let shop = Shop::open(backend).await;
        agent(&shop, "ann").post(CORD, &pull(&["m-1"])).await.json();
        let body = json!({"merchant": "m", "action": "pull-listing", "listing": "listing-1", "reason": "counterfeit", "note": "A copy."});
        shop.operator.post(&format!("{MARKET}/enforcements"), &body).await.json();
        agent(&shop, "bob").post(&format!("{CORD}/release"), &release(true)).await.ok();
        assert_eq!(pulled(&shop.operator).await, json!(["listing-1"]));
    }

    async fn figures_say_how_fast_and_how_right(backend) {
        let shop = Shop::open(backend).await;
        let [ann, bob] = ["ann", "bob"].map(|name| agent(&shop, name));
        let figures = async || shop.door.operator().get(&format!("{MARKET}/cords/figures")).await.ok();
        assert_eq!((&figures().await["silent"], &figures().await["total"]["seconds_to_pull"]), (&json!(true), &Value::Null));
        shop.test.accept(&[complaint(1, "defective", NOW - 2 * HOUR)]).await;
        ann.post(CORD, &pull(&["m-1"])).await.json();
        shop.test.clock.advance(30_000);
        bob.post(&format!("{CORD}/release"), &release(false)).await.ok();
        let figures = figures().await;
        let expected = json!({"pulled": 1, "upheld": 0, "overturned": 1, "expired": 0, "open": 0, "seconds_to_pull": 7200, "seconds_to_release": 30});
        assert_eq!((&figures["by_agent"]["ann"], &figures["by_reason"]["defective"]), (&expected, &expected));
        assert_eq!(figures["silent"], false);
    }
}

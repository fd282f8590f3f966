//! GET a verdict, and POST its replay.

use andon_tests::events::{DAY, NOW, good_orders, rated};
use andon_tests::on_both;
use futures::future::{Either, join_all, select};
use serde_json::json;

use super::{MERCHANT, Shop};

on_both! {
    async fn a_verdict_is_kept_whole_and_replays_bit_for_bit(backend) {
        let shop = Shop::open(backend).await;
        let health = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
        let path = format!("/v1/verdicts/{}", health["verdict"].as_str().unwrap());
        let verdict = shop.operator.get(&path).await.ok();
        assert_eq!((&verdict["merchant"], &verdict["output"]["score"]), (&json!("m"), &health["score"]));
        assert_eq!((&verdict["input"]["metrics"], &verdict["rules"]), (&health["metrics"], &health["rules"]));
        // What has happened since does not matter, nor do other settings.
        shop.test.accept(&[rated("m-9", 1, NOW - DAY)]).await;
        shop.test.drain().await;
        shop.operator.patch("/v1/marketplaces/olist", &json!({"settings": {"preview-days": 30}})).await.ok();
        let replay = shop.operator.post(&format!("{path}/replay"), &json!({})).await.ok();
        assert_eq!((&replay["equal"], &replay["differences"]), (&json!(true), &json!([])));
    }

    async fn a_replay_waits_for_a_turn_and_is_had_of_quarantined_rules_too(backend) {
        let shop = Shop::open(backend).await;
        let health = shop.operator.get(&format!("{MERCHANT}/health")).await.ok();
        let path = format!("/v1/verdicts/{}", health["verdict"].as_str().unwrap());
        let (replay, nothing) = (format!("{path}/replay"), json!({}));
        let market = shop.test.market();
        let gate = market.generation.as_ref().unwrap().judge.gate();
        let turns = join_all((0..gate.protection().plays).map(|_| gate.play())).await;
        let replayed = Box::pin(shop.operator.post(&replay, &nothing));
        // Far more than a replay takes, if it does not wait.
        let others = Box::pin(async {
            for _ in 0..50 {
                shop.operator.get(&path).await.ok();
            }
        });
        let Either::Right(((), replayed)) = select(replayed, others).await else { panic!("it did not wait for a turn") };
        gate.quarantine("for a test");
        drop(turns);
        assert_eq!(replayed.await.ok()["equal"], true);
        assert_eq!(shop.operator.post(&format!("{MERCHANT}/health/what-if"), &nothing).await.short(), "503 rules-failed");
    }

    async fn a_foreign_verdict_and_an_unknown_one_look_alike(backend) {
        let shop = Shop::open(backend).await;
        shop.test.accept(&good_orders("other", 3, NOW - 20 * DAY)).await;
        shop.test.drain().await;
        let id = async |merchant: &str| {
            let path = format!("/v1/marketplaces/olist/merchants/{merchant}/health");
            shop.operator.get(&path).await.ok()["verdict"].as_str().unwrap().to_owned()
        };
        let merchant = shop.door.merchant("m");
        assert_eq!(merchant.get(&format!("/v1/verdicts/{}", id("m").await)).await.status, 200);
        let foreign = merchant.get(&format!("/v1/verdicts/{}", id("other").await)).await;
        let unknown = merchant.get("/v1/verdicts/00000000-0000-7000-8000-000000000000").await;
        assert_eq!((foreign.short(), &foreign.body), ("404 not-found".into(), &unknown.body));
        assert_eq!(merchant.get("/v1/verdicts/none").await.short(), "404 not-found");
    }
}

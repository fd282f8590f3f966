//! What rules propose and people do, from a note to a suspension and back: how far each mode lets it come, who may decide, what a
//! merchant is told, and that taking something back leaves what others have done.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW};
use andon_tests::{Client, on_both};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

pub(crate) const MARKET: &str = "/v1/marketplaces/olist";
pub(crate) const LIST: &str = "/v1/marketplaces/olist/enforcements";

/// Lets what amazon's rules propose come about by itself, to whomever it concerns.
async fn trust(shop: &Shop, policy: Value) {
    let modes = json!({"warning": "auto", "ask-plan-of-action": "auto", "suspend": "auto"});
    shop.operator.patch(MARKET, &json!({"action_modes": modes, "policy": policy})).await.ok();
    shop.test.drain().await;
}

/// Each day is judged once until `days` have passed.
pub(crate) async fn pass(shop: &Shop, days: i64) {
    for _ in 0..days {
        shop.test.clock.advance(DAY);
        shop.test.drain().await;
    }
}

/// Action, stage and what held it, oldest first.
pub(crate) async fn seen(client: &Client) -> Vec<String> {
    let list = client.get(LIST).await.ok();
    let mut all: Vec<String> = list["items"].as_array().unwrap().iter().map(short).collect();
    all.reverse();
    all
}

fn short(item: &Value) -> String {
    let held = item["held"].as_str().map(|held| format!(" {held}")).unwrap_or_default();
    format!("{} {}{held}", item["action"].as_str().unwrap(), item["stage"].as_str().unwrap())
}

pub(crate) async fn account(client: &Client) -> Value {
    client.get(&format!("{MERCHANT}/account")).await.ok()
}

on_both! {
    async fn nothing_moves_where_the_operator_has_not_said_so(backend) {
        let shop = Shop::open(backend).await;
        let noted = ["ask-plan-of-action observed mode", "suspend observed mode"];
        assert_eq!(seen(&shop.operator).await, noted);
        assert_eq!(seen(&shop.door.merchant("m")).await, Vec::<String>::new());
        assert_eq!(account(&shop.operator).await["account"], "active");
        let off = json!({"action_modes": {"suspend": "off"}});
        shop.operator.patch(MARKET, &off).await.ok();
        shop.test.drain().await;
        assert_eq!(seen(&shop.operator).await, noted, "what was noted stays noted");
    }

    async fn an_announcement_leads_to_a_suspension_and_corrected_facts_undo_it(backend) {
        let shop = Shop::open(backend).await;
        trust(&shop, json!({"new_merchant_days": 0})).await;
        let merchant = shop.door.merchant("m");
        assert_eq!(seen(&merchant).await, ["ask-plan-of-action in-force", "suspend scheduled grace"]);
        assert_eq!(account(&merchant).await["account"], "active");
        pass(&shop, 7).await;
        let [merchant, operator] = [shop.door.merchant("m"), shop.door.operator()];
        assert_eq!(account(&merchant).await["account"], "suspended");
        let suspended = operator.get(&format!("{LIST}?stage=in-force&action=suspend")).await.ok()["items"][0].clone();
        assert_eq!((&suspended["origin"], &suspended["automated"]), (&json!("rules"), &json!(true)));
        let reviewer = shop.door.person("rita", &[Scope::EnforcementsReview]);
        for order in 0..4 {
            let grounds = json!({"reason": "the carrier's fault"});
            reviewer.post(&format!("{MARKET}/orders/m-{order}/feedback/strike"), &grounds).await.ok();
        }
        shop.test.drain().await;
        let after = account(&merchant).await;
        assert_eq!((&after["account"], after["enforcements"].as_array().unwrap().len()), (&json!("active"), 0));
        let path = format!("{LIST}/{}", suspended["id"].as_str().unwrap());
        let reversed = merchant.get(&path).await.ok();
        assert_eq!((&reversed["stage"], &reversed["closing"]["note"]), (&json!("reversed"), &json!("what it rested on has been corrected")));
    }

    async fn new_merchants_and_the_reinstated_are_left_alone_for_a_while(backend) {
        let shop = Shop::open(backend).await;
        trust(&shop, json!({"grace_days": 0})).await;
        assert!(seen(&shop.operator).await.contains(&"suspend observed new-merchant".to_owned()));
        pass(&shop, 9).await;
        assert_eq!(account(&shop.door.operator()).await["account"], "suspended");
        let rita = shop.door.person("rita", &[Scope::EnforcementsReview]);
        let body = json!({"merchant": "m", "action": "reinstate", "reason": "plan-accepted", "note": "The plan convinces us."});
        let lifting = rita.post(LIST, &body).await;
        assert_eq!((lifting.status, lifting.json()["stage"].clone()), (201, json!("done")));
        let after = account(&rita).await;
        assert_eq!((&after["account"], after["reinstated_at"].is_string()), (&json!("active"), true));
        pass(&shop, 1).await;
        let rita = shop.door.person("rita", &[Scope::EnforcementsReview]);
        assert!(seen(&rita).await.contains(&"suspend observed immunity".to_owned()), "{:?}", seen(&rita).await);
        assert_eq!(account(&rita).await["account"], "active");
    }

    async fn a_standing_that_a_verdict_moves_is_entered_and_told(backend) {
        let shop = Shop::open(backend).await;
        let merchant = shop.door.merchant("m");
        let health = merchant.get(&format!("{MERCHANT}/health")).await.ok();
        let entries = merchant.get(&format!("{MARKET}/ledger?kind=standing.moved")).await.ok()["items"].clone();
        let after: Value = serde_json::from_str(entries[0]["after"].as_str().unwrap()).unwrap();
        assert_eq!((&after["standing"], &after["level"]), (&health["standing"]["code"], &health["standing"]["level"]));
        assert_eq!((&after["before"], entries.as_array().unwrap().len()), (&Value::Null, 1));
        assert_eq!(entries[0]["about"], format!("verdict/{}", health["verdict"].as_str().unwrap()));
        let mut live = merchant.follow(&format!("{MARKET}/stream?kind=standing.*"), &[("last-event-id", "0")]).await;
        let (_, kind, event) = live.message().await;
        assert_eq!((kind.as_str(), &event["data"]), ("standing.moved", &after));
        // Once its orders have left the windows the merchant is as good as any.
        pass(&shop, 120).await;
        let back = live.message().await.2["data"].clone();
        assert_eq!((&back["before"], back["standing"] == after["standing"]), (&after["standing"], false));
    }

    async fn what_needs_two_people_gets_two_and_never_the_same_one(backend) {
        let shop = Shop::open(backend).await;
        let [ann, bob] = ["ann", "bob"].map(|name| shop.door.person(name, &[Scope::EnforcementsReview]));
        let body = json!({"merchant": "m", "action": "terminate", "reason": "fraud-found", "note": "Stolen cards."});
        let opened = ann.post(LIST, &body).await.json();
        assert_eq!(short(&opened), "terminate in-review two-people");
        let path = format!("{LIST}/{}", opened["id"].as_str().unwrap());
        let act = async |who: &Client, verb: &str| who.post(&format!("{path}/{verb}"), &json!({"reason": "so it is"})).await;
        assert_eq!(act(&ann, "approve").await.short(), "403 forbidden");
        assert_eq!(short(&act(&bob, "approve").await.ok()), "terminate scheduled notice");
        let entry = shop.operator.get(&format!("{MARKET}/ledger?kind=enforcement.scheduled")).await.ok()["items"][0].clone();
        let said = |side: &str| serde_json::from_str::<Value>(entry[side].as_str().unwrap()).unwrap();
        let (before, after) = (said("before"), said("after"));
        assert_eq!((&before["stage"], &before["held"]), (&json!("in-review"), &json!("two-people")));
        assert_eq!((&after["stage"], &after["held"]), (&json!("scheduled"), &json!("notice")));
        assert_ne!(before["effective_at"], after["effective_at"]);
        assert_eq!(act(&bob, "approve").await.short(), "403 forbidden");
        assert_eq!(act(&bob, "reverse").await.short(), "403 forbidden");
        assert_eq!(account(&bob).await["account"], "active", "30 days of notice");
        let merchant = shop.door.merchant("m").get(&path).await.ok();
        assert_eq!((&merchant["author"], &merchant["approvals"]), (&Value::Null, &json!([])));
        shop.test.clock.advance(30 * DAY);
        shop.test.drain().await;
        let [ann, eve] = ["ann", "eve"].map(|name| shop.door.person(name, &[Scope::EnforcementsReview]));
        assert_eq!(account(&eve).await["account"], "terminated");
        let more = json!({"merchant": "m", "action": "suspend", "reason": "fraud-found", "note": "Stolen cards."});
        assert_eq!(ann.post(LIST, &more).await.short(), "409 conflict");
        assert_eq!(act(&ann, "reverse").await.short(), "403 forbidden");
        let reversed = eve.post(&format!("{path}/reverse"), &json!({"reason": "The bank was wrong."})).await.ok();
        assert_eq!((&reversed["stage"], &account(&eve).await["account"]), (&json!("reversed"), &json!("active")));
    }

    async fn taking_one_back_leaves_what_others_have_done(backend) {
        let shop = Shop::open(backend).await;
        let [ann, bob] = ["ann", "bob"].map(|name| shop.door.person(name, &[Scope::EnforcementsReview]));
        let take = async |who: &Client, body: Value| {
            let mut whole = json!({"merchant": "m", "reason": "complaints", "note": "Buyers complain."});
            whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            who.post(LIST, &whole).await
        };
        let first = take(&ann, json!({"action": "suspend"})).await.json();
        take(&bob, json!({"action": "cap-orders", "orders_a_day": 5})).await;
        take(&bob, json!({"action": "pull-listing", "listing": "listing-1"})).await;
        let lifted = take(&ann, json!({"action": "reinstate"})).await.json();
        let after = account(&ann).await;
        assert_eq!((&after["account"], &after["order_cap"], &after["listings_pulled"]), (&json!("active"), &Value::Null, &json!(["listing-1"])));
        assert_eq!(take(&ann, json!({"action": "suspend"})).await.status, 201, "anew");
        let undo = format!("{LIST}/{}/reverse", lifted["id"].as_str().unwrap());
        assert_eq!(bob.post(&undo, &json!({"reason": "Too early."})).await.ok()["stage"], "reversed");
        let after = account(&ann).await;
        assert_eq!((&after["account"], &after["order_cap"]), (&json!("suspended"), &json!(5)));
        assert_eq!(ann.get(&format!("{LIST}/{}", first["id"].as_str().unwrap())).await.ok()["stage"], "lifted", "it was done anew");
        assert_eq!(take(&ann, json!({"action": "award-badge", "badge": "top"})).await.short(), "409 conflict");
        assert_eq!(take(&ann, json!({"action": "restore-listing", "listing": "other"})).await.short(), "409 conflict");
        for (body, expected) in [
            (json!({"action": "explode"}), "422 invalid action"),
            (json!({"action": "suspend", "days": 0}), "422 invalid days"),
            (json!({"action": "suspend", "orders_a_day": 3}), "422 invalid orders_a_day"),
            (json!({"action": "pull-listing"}), "422 invalid listing"),
            (json!({"action": "suspend", "reason": "No Code"}), "422 invalid reason"),
            (json!({"action": "suspend", "note": " "}), "422 invalid note"),
            (json!({"action": "suspend", "merchant": "nobody"}), "422 invalid merchant"),
        ] {
            assert_eq!(take(&ann, body.clone()).await.short(), expected, "{body}");
        }
    }

    async fn the_ledger_knows_what_holds_and_finds_what_was_changed_behind_it(backend) {
        let shop = Shop::open(backend).await;
        trust(&shop, json!({"new_merchant_days": 0, "grace_days": 0})).await;
        let body = json!({"merchant": "m", "action": "hold-payouts", "reason": "chargebacks", "note": "Chargebacks."});
        shop.operator.post(LIST, &body).await.json();
        let kinds = |page: Value| page["items"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect::<Vec<_>>();
        let told = kinds(shop.door.merchant("m").get(&format!("{MARKET}/ledger")).await.ok());
        assert_eq!(told, ["enforcement.taken", "enforcement.taken", "enforcement.taken", "standing.moved"], "what was only noted is not for the merchant");
        let problems = async || {
            andon::ledger::audit::audit(&shop.test.app.store, shop.test.market().id, "olist", None).await.unwrap().problems
        };
        assert_eq!(problems().await, Vec::<String>::new());
        let sql = async |text: &str| shop.test.app.store.db().execute_unprepared(text).await.unwrap();
        sql("update merchants set payouts_held = 0").await;
        assert_eq!(problems().await, ["what holds for merchant m is not what its enforcements add up to"]);
        sql("update enforcements set stage = 'lifted', closed_at = 1 where action = 'hold-payouts'").await;
        let found = problems().await;
        assert!(found.len() == 1 && found[0].contains("it left `stage` of enforcement/"), "{found:?}");
        sql("delete from enforcements where action = 'hold-payouts'").await;
        assert!(problems().await[0].contains("is not there"));
    }

    async fn an_override_holds_back_until_it_ends(backend) {
        let shop = Shop::open(backend).await;
        let path = format!("{MERCHANT}/overrides/all");
        let until = andon_tests::events::rfc3339(NOW + 5 * DAY);
        shop.operator.put(&path, &json!({"until": until, "reason": "A strike at the carrier's."})).await.ok();
        trust(&shop, json!({"new_merchant_days": 0, "grace_days": 0})).await;
        pass(&shop, 4).await;
        assert!(seen(&shop.door.operator()).await.contains(&"suspend observed override".to_owned()));
        pass(&shop, 2).await;
        let operator = shop.door.operator();
        assert_eq!(account(&operator).await["account"], "suspended");
        assert_eq!(operator.put(&path, &json!({"until": until, "reason": "late"})).await.short(), "422 invalid until");
        assert_eq!(shop.door.merchant("m").get(&format!("{MERCHANT}/overrides")).await.short(), "403 forbidden");
    }

    async fn measures_for_some_days_end_by_themselves(backend) {
        let shop = Shop::open(backend).await;
        let body = json!({"merchant": "m", "action": "hold-payouts", "days": 3, "reason": "chargebacks", "note": "Chargebacks."});
        shop.operator.post(LIST, &body).await.json();
        assert_eq!(account(&shop.operator).await["payouts_held"], true);
        shop.test.clock.advance(3 * DAY);
        shop.test.drain().await;
        assert_eq!(account(&shop.door.operator()).await["payouts_held"], false);
    }

    async fn modes_and_policy_are_checked(backend) {
        let shop = Shop::open(backend).await;
        for (patch, expected) in [
            (json!({"action_modes": {"explode": "auto"}}), "422 invalid action_modes"),
            (json!({"action_modes": {"suspend": "maybe"}}), "422 invalid action_modes.suspend"),
            (json!({"policy": {"termination_notice_days": 7}}), "422 invalid policy.termination_notice_days"),
            (json!({"policy": {"cord": {"buyers": 1}}}), "422 invalid policy.cord.buyers"),
            (json!({"policy": {"grace": 7}}), "422 invalid policy.grace"),
            (json!({"policy": {"two_people": ["explode"]}}), "422 invalid policy.two_people[0]"),
        ] {
            assert_eq!(shop.operator.patch(MARKET, &patch).await.short(), expected, "{patch}");
        }
        let patched = shop.operator.patch(MARKET, &json!({"policy": {"grace_days": 3, "cord": {"buyers": 3}}})).await.ok();
        assert_eq!((&patched["policy"]["grace_days"], &patched["policy"]["cord"]["buyers"], &patched["policy"]["cord"]["days"]), (&json!(3), &json!(3), &json!(30)));
        assert_eq!(shop.operator.patch(MARKET, &json!({"policy": {"grace_days": null}})).await.ok()["policy"]["grace_days"], 7);
    }
}

//! Moments played again tell rules of badges, reinstatements and standings as they were then, whatever has become of them since.

use std::collections::BTreeMap;

use andon::auth::Scope;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, good_orders, placed, rated, rfc3339};
use andon_tests::guests::TextGuest;
use andon_tests::{Backend, Door, MARKET, TestApp, guests, on_both};
use serde_json::{Value, json};

use super::{MERCHANT, Shop};

const LIST: &str = "/v1/marketplaces/olist/enforcements";

const HOUR: i64 = DAY / 24;

/// What a person takes: with eBay's only badge, where it is about one.
fn measure(action: &str) -> Value {
    let mut taken = json!({"merchant": "m", "action": action, "reason": "looked-at", "note": "We have looked at it."});
    if action.ends_with("badge") {
        taken["badge"] = json!("top-rated-seller");
    }
    taken
}

impl Shop {
    /// A shop called `m` with sixty orders as they should be, judged by other rules.
    async fn under(backend: Backend, component: &[u8], rules: &str, settings: &[(&str, &str)]) -> Self {
        let test = TestApp::bare(backend).await;
        test.install(component).await;
        let settings: BTreeMap<String, String> =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        test.create_market(MARKET, RulesSetup { rules: Some(rules.into()), settings, ..RulesSetup::default() }).await;
        test.accept(&good_orders("m", 60, NOW - 60 * DAY)).await;
        let door = Door::new(&test);
        let operator = door.operator();
        Self { test, door, operator }
    }

    /// Has a person do something to enforcements now, and answers its id.
    async fn done(&self, who: &str, path: &str, body: &Value) -> String {
        let answer = self.door.person(who, &[Scope::EnforcementsReview]).post(path, body).await;
        assert!(answer.status < 300, "{who} {path}: {}", answer.short());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// The same at another moment, with all that follows.
    async fn done_at(&self, at: i64, who: &str, body: &Value) {
        self.test.clock.set(at);
        self.done(who, LIST, body).await;
        self.test.drain().await;
    }

    async fn health_at(&self, moment: i64) -> Value {
        self.door.operator().get(&format!("{MERCHANT}/health?as_of={}", rfc3339(moment))).await.ok()
    }

    /// Badges and the last reinstatement, as rules are told of them.
    async fn told(&self, query: &str) -> [Value; 2] {
        let snapshot = self.door.operator().get(&format!("{MERCHANT}/snapshot{query}")).await.ok();
        ["badges", "reinstated_at"].map(|field| snapshot["merchant"][field].clone())
    }

    async fn told_at(&self, moment: i64) -> [Value; 2] {
        self.told(&format!("?as_of={}", rfc3339(moment))).await
    }
}

/// Rules that propose to shut every shop, and in the same breath to open it again.
fn torn() -> Vec<u8> {
    let propose = |action: &str| json!({"action": action, "reasons": [{}]});
    let verdict = json!({"score": 1000, "proposals": [propose("suspend"), propose("reinstate")]});
    let guest = TextGuest::default().declaring(|manifest| {
        manifest["reasons"] = json!(["torn"]);
        manifest["wording"].as_array_mut().unwrap().push(json!(["en", "torn", "Torn"]));
    });
    guest.answering("evaluate", json!({"ok": [verdict]})).component()
}

fn awards(health: &Value) -> bool {
    health["proposals"].as_array().unwrap().iter().any(|p| p["action"] == "award-badge" && p["badge"] == "top-rated-seller")
}

on_both! {
    async fn an_award_is_not_known_before_it_was_made(backend) {
        let settings = [("top-rated-days", "0"), ("top-rated-transactions", "10"), ("top-rated-sales", "0")];
        let shop = Shop::under(backend, guests::ebay(), "ebay", &settings).await;
        let (before, awarded) = (NOW - 10 * DAY, NOW + 20 * DAY);
        shop.done_at(awarded, "ann", &measure("award-badge")).await;
        shop.test.clock.advance(2 * DAY);
        let mut proposed = Vec::new();
        for moment in [before, awarded - 1, awarded, awarded + DAY] {
            proposed.push(awards(&shop.health_at(moment).await));
        }
        assert_eq!(proposed, [true, true, false, false]);
        let supposed = json!({"clean_orders": 1, "as_of": rfc3339(before)});
        assert!(awards(&shop.door.operator().post(&format!("{MERCHANT}/health/what-if"), &supposed).await.ok()));
    }

    async fn a_reopening_is_not_known_before_it_was_made(backend) {
        let shop = Shop::under(backend, &guests::component("andon-mirakl"), "mirakl", &[]).await;
        shop.test.accept(&(0..60).map(|i| rated(&format!("m-{i}"), 1, NOW - 15 * DAY)).collect::<Vec<_>>()).await;
        shop.test.drain().await;
        let reopened = NOW + 40 * DAY;
        shop.done_at(NOW + DAY, "ann", &measure("suspend")).await;
        shop.done_at(reopened, "ann", &measure("reinstate")).await;
        shop.test.clock.advance(2 * DAY);
        let mut standings = Vec::new();
        for moment in [NOW, NOW + 20 * DAY, reopened - 1, reopened, reopened + DAY] {
            standings.push(shop.health_at(moment).await["standing"]["code"].clone());
        }
        assert_eq!(standings, ["suspended", "suspended", "suspended", "immune", "immune"]);
    }

    async fn a_reopening_that_rules_propose_is_one_once_a_person_agrees(backend) {
        let shop = Shop::under(backend, &torn(), "text", &[]).await;
        let policy = json!({"new_merchant_days": 0, "grace_days": 0});
        let trusted = json!({"action_modes": {"suspend": "auto", "reinstate": "review"}, "policy": policy});
        shop.operator.patch("/v1/marketplaces/olist", &trusted).await.ok();
        shop.test.drain().await;
        // There is something to open again by the next verdict.
        shop.test.clock.set(NOW + DAY);
        shop.test.accept(&[placed("another", "m", NOW)]).await;
        shop.test.drain().await;
        let proposed = shop.door.operator().get(&format!("{LIST}?action=reinstate&stage=in-review")).await.ok();
        let path = format!("{LIST}/{}", proposed["items"][0]["id"].as_str().unwrap());
        assert_eq!(shop.told("").await, [json!([]), Value::Null]);
        let agreed = NOW + 2 * DAY;
        shop.test.clock.set(agreed);
        shop.done("ann", &format!("{path}/approve"), &json!({"reason": "The plan convinces us."})).await;
        let reopened = [json!([]), json!(rfc3339(agreed).replace(".000", ""))];
        assert_eq!(shop.told("").await, reopened);
        shop.test.clock.set(agreed + HOUR);
        shop.done("bob", &format!("{path}/reverse"), &json!({"reason": "Too early."})).await;
        assert_eq!(shop.told("").await, reopened, "it had been one");
        for (moment, told) in [(agreed - 1, [json!([]), Value::Null]), (agreed, reopened.clone()), (agreed + HOUR, reopened)] {
            assert_eq!(shop.told_at(moment).await, told, "{moment}");
        }
    }

    async fn what_was_taken_back_before_it_came_into_force_never_was(backend) {
        let shop = Shop::under(backend, guests::ebay(), "ebay", &[]).await;
        let said = json!({"reason": "We have looked again."});
        let shut = shop.done("ann", LIST, &measure("terminate")).await;
        shop.done("bob", &format!("{LIST}/{shut}/approve"), &said).await;
        // Its notice is over, but nobody has carried it out yet.
        let reversed = NOW + 31 * DAY;
        shop.test.clock.set(reversed);
        shop.done("eve", &format!("{LIST}/{shut}/reverse"), &said).await;
        let never_shut = [json!([]), Value::Null];
        assert_eq!(shop.told("").await, never_shut);
        assert_eq!(shop.told_at(reversed).await, never_shut);
    }

    async fn every_moment_tells_what_was_told_then(backend) {
        let shop = Shop::under(backend, guests::ebay(), "ebay", &[]).await;
        let undo = json!({"reason": "It was wrong."});
        let mut told: Vec<(i64, [Value; 2])> = Vec::new();
        let (mut ids, mut now) = (BTreeMap::new(), NOW);
        // What is named is taken by the one; what is done about it, the other does.
        for (name, what) in [
            ("first", "award-badge"), ("revoked", "revoke-badge"), ("revoked", "reverse"), ("first", "lift"),
            ("second", "award-badge for 1"), ("shut", "suspend"), ("narrow", "restrict for 2"), ("shut", "lift"), ("", "wait"),
            ("again", "suspend"), ("opened", "reinstate"), ("opened", "reverse"), ("again", "lift"),
            ("third", "award-badge"), ("wrong", "suspend"), ("wrong", "reverse"), ("third", "reverse"),
        ] {
            now += if what == "wait" { 3 * DAY } else { HOUR };
            shop.test.clock.set(now);
            match what {
                "wait" => {}
                "lift" | "reverse" => drop(shop.done("bob", &format!("{LIST}/{}/{what}", ids[name]), &undo).await),
                taken => {
                    let (action, days) = taken.split_once(" for ").unzip();
                    let mut body = measure(action.unwrap_or(taken));
                    body["days"] = days.map_or(Value::Null, |days| json!(days.parse::<u16>().unwrap()));
                    ids.insert(name, shop.done("ann", LIST, &body).await);
                }
            }
            shop.test.drain().await;
            told.push((now, shop.told("").await));
        }
        let badges: Vec<usize> = told.iter().map(|(_, [badges, _])| badges.as_array().unwrap().len()).collect();
        assert_eq!(badges, [1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0]);
        let step = |at: &str| told.iter().position(|(then, _)| at == rfc3339(*then).replace(".000", "")).unwrap();
        let reinstated: Vec<Option<usize>> = told.iter().map(|(_, [_, at])| at.as_str().map(step)).collect();
        assert_eq!(reinstated[..10], [None; 10], "it was still restricted, and then only time passed");
        assert_eq!(reinstated[10..], [10, 10, 12, 12, 12, 15, 15].map(Some));
        assert_eq!(shop.told_at(NOW).await, [json!([]), Value::Null]);
        for (place, (at, live)) in told.iter().enumerate() {
            assert_eq!(shop.told_at(*at).await, *live, "{place}");
            if let Some((next, _)) = told.get(place + 1) {
                assert_eq!(shop.told_at(next - 1).await, *live, "just before {}", place + 1);
            }
        }
    }
}

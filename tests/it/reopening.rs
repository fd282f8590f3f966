//! Mirakl's rules in a whole host, from orders rejected for want of an answer to what is in force, and back: what is proposed waits
//! for its grace and for people as long as the figures last, a suspension in force is a person's to lift, and where none comes into
//! force the standing follows the figures.

use andon::auth::Scope;
use andon::clock::Clock;
use andon::setup::RulesSetup;
use andon_tests::events::{event, placed};
use andon_tests::{Backend, Client, Door, MARKET, TestApp, guests, on_both};
use serde_json::{Value, json};

use crate::routes::enforcements::{LIST, MARKET as PATH, account, pass, seen};
use crate::routes::{MERCHANT, Shop};

/// A shop that has just reached a limit, where actions go as far as these modes say; under what policy holds besides.
async fn failing(backend: Backend, modes: Value) -> Shop {
    let test = TestApp::bare(backend).await;
    test.install(guests::mirakl()).await;
    test.create_market(MARKET, RulesSetup { rules: Some("mirakl".into()), ..RulesSetup::default() }).await;
    let door = Door::new(&test);
    let operator = door.operator();
    operator.patch(PATH, &json!({"action_modes": modes, "policy": {"new_merchant_days": 0}})).await.ok();
    let shop = Shop { test, door, operator };
    fail(&shop, "first").await;
    shop
}

/// Two orders are rejected for want of an answer, one more than may be in 30 days.
async fn fail(shop: &Shop, name: &str) {
    let at = shop.test.clock.now();
    let rejected = |i: i32| {
        let order = format!("{name}-{i}");
        let why = json!({"by": "platform", "reason": "not-shipped-in-time"});
        [placed(&order, "m", at), event(&format!("{order}-rejected"), "order.cancelled", &order, at, why)]
    };
    shop.test.accept(&[rejected(1), rejected(2)].concat()).await;
    shop.test.drain().await;
}

fn reviewer(shop: &Shop, name: &str) -> Client {
    shop.door.person(name, &[Scope::EnforcementsReview])
}

/// The standing, what the account is, and what became of everything that was `action`.
async fn now(shop: &Shop, action: &str) -> (String, String, Vec<String>) {
    let operator = shop.door.operator();
    let standing = operator.get(&format!("{MERCHANT}/health")).await.ok()["standing"]["code"].as_str().unwrap().to_owned();
    let account = account(&operator).await["account"].as_str().unwrap().to_owned();
    let all = seen(&operator).await.into_iter();
    (standing, account, all.filter_map(|one| one.strip_prefix(&format!("{action} ")).map(str::to_owned)).collect())
}

fn expect(standing: &str, account: &str, stages: &[&str]) -> (String, String, Vec<String>) {
    (standing.to_owned(), account.to_owned(), stages.iter().map(|&stage| stage.to_owned()).collect())
}

/// Does something to the latest enforcement of an action.
async fn act(shop: &Shop, name: &str, action: &str, verb: &str) {
    let who = reviewer(shop, name);
    let latest = who.get(&format!("{LIST}?action={action}")).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    who.post(&format!("{LIST}/{latest}/{verb}"), &json!({"reason": "we have talked about it"})).await.ok();
}

on_both! {
    async fn where_nothing_comes_into_force_the_standing_follows_the_figures(backend) {
        for (mode, noted, taken_back) in [("observe", &["observed mode"][..], &["withdrawn mode"][..]), ("off", &[], &[])] {
            let shop = failing(backend, json!({"suspend": mode, "ask-plan-of-action": mode})).await;
            for action in ["suspend", "ask-plan-of-action"] {
                assert_eq!(now(&shop, action).await, expect("suspended", "active", noted), "{mode}");
            }
            pass(&shop, 29).await;
            assert_eq!(now(&shop, "suspend").await, expect("suspended", "active", noted), "{mode}");
            pass(&shop, 1).await;
            for action in ["suspend", "ask-plan-of-action"] {
                assert_eq!(now(&shop, action).await, expect("good", "active", taken_back), "{mode}");
            }
        }
    }

    async fn a_suspension_waits_for_its_reviewer_and_is_lifted_by_a_person_alone(backend) {
        let shop = failing(backend, json!({"suspend": "review"})).await;
        pass(&shop, 3).await;
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "active", &["in-review mode"]));
        act(&shop, "rita", "suspend", "approve").await;
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "active", &["scheduled grace"]));
        pass(&shop, 7).await;
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "suspended", &["in-force grace"]));
        // Its figures are well again. That opens no shop.
        pass(&shop, 25).await;
        assert_eq!(now(&shop, "suspend").await, expect("good", "suspended", &["in-force grace"]));
        act(&shop, "bob", "suspend", "lift").await;
        shop.test.drain().await;
        assert_eq!(now(&shop, "suspend").await, expect("immune", "active", &["lifted grace"]));
        pass(&shop, 30).await;
        assert_eq!(now(&shop, "suspend").await, expect("good", "active", &["lifted grace"]));
    }

    async fn a_shop_whose_suspension_was_declined_is_good_again_with_its_figures(backend) {
        let shop = failing(backend, json!({"suspend": "review"})).await;
        act(&shop, "rita", "suspend", "decline").await;
        pass(&shop, 1).await;
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "active", &["declined mode", "observed cooldown"]));
        // The limit is still reached when the cooldown is over: a person is asked again.
        pass(&shop, 14).await;
        let again = ["declined mode", "withdrawn cooldown", "in-review mode"];
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "active", &again));
        pass(&shop, 15).await;
        let over = ["declined mode", "withdrawn cooldown", "withdrawn mode"];
        assert_eq!(now(&shop, "suspend").await, expect("good", "active", &over));
        // Nobody reopened what nobody had shut, so the next failure is a first one.
        assert_eq!(account(&shop.door.operator()).await["reinstated_at"], Value::Null);
    }

    async fn a_suspension_outlasts_its_grace_and_a_failure_after_reopening_ends_in_termination(backend) {
        let shop = failing(backend, json!({"suspend": "auto", "terminate": "auto"})).await;
        pass(&shop, 6).await;
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "active", &["scheduled grace"]));
        pass(&shop, 1).await;
        assert_eq!(now(&shop, "suspend").await, expect("suspended", "suspended", &["in-force grace"]));
        act(&shop, "rita", "suspend", "lift").await;
        pass(&shop, 29).await;
        assert_eq!(now(&shop, "suspend").await, expect("immune", "active", &["lifted grace"]));
        pass(&shop, 2).await;
        fail(&shop, "second").await;
        pass(&shop, 2).await;
        assert_eq!(now(&shop, "terminate").await, expect("closed", "active", &["in-review two-people"]));
        for name in ["ann", "bob"] {
            act(&shop, name, "terminate", "approve").await;
        }
        pass(&shop, 15).await;
        fail(&shop, "third").await;
        pass(&shop, 14).await;
        assert_eq!(now(&shop, "terminate").await, expect("closed", "active", &["scheduled notice"]));
        pass(&shop, 1).await;
        assert_eq!(now(&shop, "terminate").await, expect("closed", "terminated", &["in-force notice"]));
        assert_eq!(now(&shop, "suspend").await.2, ["lifted grace"]);
    }
}

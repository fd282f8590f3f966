//! Switching and going back: one transaction each, and going back leaves everybody exactly as they were.

use andon_domain::rollout::{Plan, State};
use andon_tests::events::{DAY, NOW, rated};
use andon_tests::{Door, Picture, on_both};
use serde_json::json;

use super::{EVENTS, LENIENT, audited, begin, lines, roll_back, ruled_by, shops, standing, state, wanted, with_standing};

on_both! {
    async fn going_back_restores_every_verdict_and_standing(backend) {
        let test = shops(backend, 3).await;
        let (before, picture) = (standing(&test).await, Picture::of(&test).await);
        let old = test.market().generation.as_ref().unwrap().id;
        test.clock.advance(1_000);
        let id = begin(&test, wanted(&LENIENT, Plan::at_once())).await;
        test.drain().await;
        assert_eq!(with_standing(&test, "at-risk").await, ["bad-0", "bad-1", "bad-2"]);
        assert_eq!(ruled_by(&test, id).await.len(), 6);

        test.clock.advance(1_000);
        let verdicts = lines(&test, "select 'v' from verdicts").await.len();
        let market = roll_back(&test).await;
        assert_eq!(market.generation.as_ref().unwrap().id, old);
        assert_eq!(standing(&test).await, before, "before anybody is judged again");
        test.drain().await;
        assert_eq!((standing(&test).await, Picture::of(&test).await), (before, picture));
        assert_eq!(lines(&test, "select 'v' from verdicts").await.len(), verdicts, "nothing had to be judged otherwise");
        // That they were less for a while stays in their history.
        let history = lines(&test, "select s.standing from standings s join merchants m on m.id = s.merchant where m.ref = 'bad-0' order by s.since").await;
        assert_eq!(history, ["restricted", "at-risk", "restricted"]);

        // What was taken back can be put in force again at once, with what has come meanwhile.
        let worse: Vec<_> = (10..13).map(|n| rated(&format!("good-0-{n}"), 1, NOW - DAY)).collect();
        test.accept(&worse).await;
        assert_eq!((begin(&test, wanted(&LENIENT, Plan::at_once())).await, state(&test, id)), (id, Some(State::Active)));
        test.drain().await;
        assert_eq!(with_standing(&test, "at-risk").await, ["bad-0", "bad-1", "bad-2", "good-0"]);
        audited(&test, 6 * EVENTS + 3).await;
    }

    async fn a_restart_finds_every_generation_in_its_place(backend) {
        let test = shops(backend, 1).await;
        let id = begin(&test, wanted(&LENIENT, Plan::at_once())).await;
        begin(&test, wanted(&[("preview-days", "3")], Plan::default())).await;
        test.drain().await;
        let (lineup, before) = (test.market().lineup.clone(), standing(&test).await);
        let states: Vec<State> = lineup.entries().iter().map(|e| e.state).collect();
        assert_eq!(states, [State::Standby, State::Active, State::Shadow]);
        let test = test.restarted().await;
        assert_eq!((&test.market().lineup, test.market().generation.as_ref().unwrap().id), (&lineup, id));
        assert_eq!(test.market().settings["preview-days"], "31");
        test.drain().await;
        assert_eq!(standing(&test).await, before);
    }

    async fn settings_are_built_and_overrides_change_at_once(backend) {
        let test = shops(backend, 5).await;
        let operator = Door::new(&test).operator();
        let path = "/v1/marketplaces/olist";
        let shown = operator.get(path).await.ok();
        let lenient = json!({"overrides": {"odr": {"target": 0.5, "warn": 0.5}}});
        let changed = operator.patch(path, &lenient).await.ok();
        assert_eq!((&changed["generation"], &changed["building"]), (&shown["generation"], &json!(null)));
        test.drain().await;
        assert_eq!(with_standing(&test, "restricted").await, Vec::<String>::new());
        operator.patch(path, &json!({"overrides": {"odr": null}})).await.ok();

        // Three hundred orders are more than one page.
        let begun = operator.patch(path, &json!({"settings": {"preview-days": 31}, "name": "Loja"})).await.ok();
        assert_eq!((&begun["generation"], &begun["name"]), (&shown["generation"], &json!("Loja")));
        let id = begun["building"].as_i64().unwrap();
        assert_eq!(begun["settings"], json!({}), "what is in force is shown until it is not");
        let other = json!({"settings": {"preview-days": 2}});
        assert_eq!(operator.patch(path, &other).await.short(), "409 conflict");
        let again = operator.patch(path, &json!({"settings": {"preview-days": 31}})).await.ok();
        assert_eq!(again["building"], id, "the same settings are the same build");
        test.drain().await;
        let after = operator.get(path).await.ok();
        assert_eq!((&after["generation"], &after["building"], &after["settings"]), (&json!(id), &json!(null), &json!({"preview-days": 31})));
        assert_eq!(with_standing(&test, "at-risk").await.len(), 5);
        assert_eq!(operator.patch(path, &json!({"settings": {"preview-days": 99}})).await.short(), "422 invalid settings.preview-days");
    }
}

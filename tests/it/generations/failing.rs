//! Rules that cannot tell what facts mean take over, and conclude nothing from what they do not know.

use andon::setup::Wanted;
use andon_domain::rollout::{Plan, State};
use andon_tests::guests::TextGuest;
use andon_tests::on_both;

use super::{begin, lines, shops, state, with_standing};

on_both! {
    async fn whoever_is_half_known_stands_as_before(backend) {
        let test = shops(backend, 2).await;
        let moved = "select merchant from ledger where kind = 'standing.moved'";
        let stands = "select ref || ' ' || standing || ' ' || level || ' ' || since from merchants order by 1";
        let before = (lines(&test, stands).await, lines(&test, moved).await);
        // They find everybody in their one standing, going by nothing.
        let failing = TextGuest::default().doing("classify", "unreachable");
        test.install(&failing.component()).await;
        let id = begin(&test, Wanted { rules: "text".into(), settings: None, plan: Plan::at_once(), author: "somebody".into() }).await;
        test.drain().await;
        assert_eq!(state(&test, id), Some(State::Active));
        assert_eq!(with_standing(&test, "restricted").await, ["bad-0", "bad-1"]);
        assert!(!lines(&test, "select code from faults").await.is_empty());
        assert_eq!((lines(&test, stands).await, lines(&test, moved).await), before, "nobody is judged by halves");
    }
}

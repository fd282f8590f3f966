//! How long messages wait, answered or not.

use andon_mirakl::Mirakl;
use andon_sdk::testing::{Case, ContactBuilder, contact};

fn check(now: &str, fact: ContactBuilder, lines: &str) {
    Case::<Mirakl>::new().check(now, fact.opened("2026-03-01"), lines);
}

fn waited(minutes: u32) -> String {
    format!("answers-owed 2026-03-01\nanswer-minutes 2026-03-01 x{minutes}\n")
}

#[test]
fn an_answer_counts_by_the_minute_and_is_late_after_a_day() {
    check("2026-03-20", contact().answered("2026-03-01 02:00:59"), &waited(120));
    check("2026-03-20", contact().answered("2026-03-02"), &waited(1440));
    let late = format!("{}answers-slow 2026-03-01 because answered-late", waited(1440));
    check("2026-03-20", contact().answered("2026-03-02 00:00:00.001"), &late);
}

#[test]
fn silence_counts_by_whole_days_and_is_asked_about_each_day_for_a_month() {
    check("2026-03-01 23:59", contact(), "revisit 2026-03-02");
    let silent = |days: u32| format!("{}answers-slow 2026-03-01 because not-answered\n", waited(days * 1440));
    check("2026-03-02", contact(), &format!("{}revisit 2026-03-03", silent(1)));
    check("2026-03-02 23:59", contact(), &format!("{}revisit 2026-03-03", silent(1)));
    check("2026-03-30 23:59", contact(), &format!("{}revisit 2026-03-31", silent(29)));
    check("2026-03-31", contact(), &silent(30));
    check("2026-06-30", contact(), &silent(30));
}

#[test]
fn where_no_answer_is_owed_none_is_counted() {
    check("2026-03-20", contact().owed_nothing(), "");
}

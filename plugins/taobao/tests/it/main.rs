//! Taobao's rules from facts to verdicts, on both sides of every published number.

mod ledgers;
mod means;
mod ratings;

use andon_sdk::testing::{Case, check_manifest};
use andon_taobao::Taobao;

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Taobao>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("below-mean-percent", "101", "must be a whole number from 0 to 100, not \"101\""),
        ("points-low", "-1", "must be a whole number from 0 to 1000, not \"-1\""),
        ("second-step", "12", "is 12, not above the step before it, 12"),
        ("fourth-step", "36", "is 36, not above the step before it, 36"),
    ] {
        let error = Case::<Taobao>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}

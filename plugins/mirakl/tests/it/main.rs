//! A Mirakl operator's rules from facts to verdicts, on both sides of every threshold.

mod floor;
mod messages;
mod metrics;
mod orders;
mod phases;

use andon_mirakl::Mirakl;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Mirakl>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("immunity-days", "366", "must be a whole number from 0 to 365, not \"366\""),
        ("final-days", "-1", "must be a whole number from 0 to 3650, not \"-1\""),
        ("incident-limit", "1", "is not a setting of these rules"),
    ] {
        let error = Case::<Mirakl>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}

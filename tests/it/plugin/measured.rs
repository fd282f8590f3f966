//! `andon plugin bench` where rules use more than they may: the figures are shown all the same, and the command fails.

use serde_json::json;

use super::{bench, command, run};

#[test]
fn what_is_above_its_limit_fails_after_it_is_shown() {
    let place = bench(&[]);
    let ran = |arguments: &[&str]| {
        let mut command = command(place.path(), &[&["bench", "rules.wasm", "--millis", "1"], arguments].concat());
        command.env("ANDON_PLUGIN_FUEL_PER_ITEM", "1");
        run(command)
    };
    let measured = ran(&["--json"]);
    let said = measured.failed();
    assert!(said.starts_with("error: above the limit: ") && said.contains("an order among many (fuel)"), "{said}");
    assert!(!said.contains("component (bytes)") && !said.contains("memory"), "{said}");
    let figures = measured.json();
    let many = figures.as_array().unwrap().iter().find(|f| f["what"] == "an order among many" && f["unit"] == "fuel").unwrap();
    assert_eq!(many["target"], json!({"AtMost": 1.0}));

    let shown = ran(&[]);
    assert!(shown.failed().starts_with("error: above the limit: "), "{}", shown.err);
    assert!(shown.out.contains("| at most 1.00 | no |"), "{}", shown.out);
}

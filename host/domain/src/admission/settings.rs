//! Values of settings: what an operator gives and what a manifest declares as default are checked by the same rule.

use super::{Problems, wording};
use crate::manifest::{Manifest, Setting, SettingKind};

/// Longest value of a text setting, in bytes.
const MAX_TEXT: usize = 512;

/// Checks a value against what the manifest declares and gives its canonical form: integers and numbers without superfluous
/// digits, flags as `true` or `false`, text as it is. Numbers are finite and within the declared bounds. The error says why not.
pub fn check_setting(setting: &Setting, value: &str) -> Result<String, String> {
    match setting.kind {
        SettingKind::Integer => {
            let number: i64 = value.parse().map_err(|_| "is not an integer".to_owned())?;
            within(setting, number as f64)?;
            Ok(number.to_string())
        }
        SettingKind::Number => {
            let number: f64 = value.parse().map_err(|_| "is not a number".to_owned())?;
            if !number.is_finite() {
                return Err("is not finite".to_owned());
            }
            within(setting, number)?;
            // Adding zero makes -0 the 0 it equals.
            Ok((number + 0.0).to_string())
        }
        SettingKind::Flag => match value {
            "true" | "false" => Ok(value.to_owned()),
            _ => Err("is neither true nor false".to_owned()),
        },
        SettingKind::Text if value.is_empty() => Ok(String::new()),
        SettingKind::Text => wording::check_text(value, MAX_TEXT).map(|()| value.to_owned()),
    }
}

fn within(setting: &Setting, number: f64) -> Result<(), String> {
    if let Some(minimum) = setting.minimum.filter(|m| number < *m) {
        return Err(format!("is below {minimum}"));
    }
    if let Some(maximum) = setting.maximum.filter(|m| number > *m) {
        return Err(format!("is above {maximum}"));
    }
    Ok(())
}

pub(super) fn check(manifest: &Manifest, problems: &mut Problems) {
    for (i, setting) in manifest.settings.iter().enumerate() {
        let bounds = [("minimum", setting.minimum), ("maximum", setting.maximum)];
        let numeric = matches!(setting.kind, SettingKind::Integer | SettingKind::Number);
        for (field, bound) in bounds.into_iter().filter_map(|(field, bound)| Some((field, bound?))) {
            if !numeric {
                problems.add(format!("settings[{i}].{field}"), "only an integer or number has bounds");
            } else if !bound.is_finite() {
                problems.add(format!("settings[{i}].{field}"), "is not finite");
            }
        }
        if setting.minimum.zip(setting.maximum).is_some_and(|(low, high)| low > high) {
            problems.add(format!("settings[{i}].minimum"), "is above the maximum");
        }
        if let Err(why) = check_setting(setting, &setting.default) {
            problems.add(format!("settings[{i}].default"), why);
        }
    }
}

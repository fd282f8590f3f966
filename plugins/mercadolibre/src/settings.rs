//! What an operator may set: how far the colours after green reach, which differ by country and are published for late dispatch
//! alone.

use andon_sdk::{Declaration, Given, Setting, SettingError, Words, words};

/// Handles to the bounds of light green, yellow and orange.
#[derive(Debug)]
struct Ladder([Setting<f64>; 3]);

impl Ladder {
    fn declare(d: &mut Declaration, keys: [&'static str; 3], bounds: [f64; 3], texts: [Words; 3]) -> Self {
        let [light_green, yellow, orange] = [0, 1, 2].map(|i| d.number(keys[i], bounds[i], 0.0..=1.0, texts[i]));
        Self([light_green, yellow, orange])
    }

    fn read(&self, given: &Given) -> Result<Bounds, SettingError> {
        let [light_green, yellow, orange] = self.0.map(|setting| given.get(setting));
        if yellow < light_green {
            return Err(self.0[1].refuse(format!("is {yellow}, below light green's {light_green}")));
        }
        if orange < yellow {
            return Err(self.0[2].refuse(format!("is {orange}, below yellow's {yellow}")));
        }
        Ok(Bounds { light_green, yellow, orange })
    }
}

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    claims: Ladder,
    late_dispatch: Ladder,
    cancellation: Ladder,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            claims: Ladder::declare(
                d,
                ["claims-light-green", "claims-yellow", "claims-orange"],
                [0.0225, 0.03, 0.045],
                [
                    words("Claims: light green below", "投诉率：低于此值为浅绿色"),
                    words("Claims: yellow below", "投诉率：低于此值为黄色"),
                    words("Claims: orange below, red from there on", "投诉率：低于此值为橙色，否则为红色"),
                ],
            ),
            late_dispatch: Ladder::declare(
                d,
                ["late-dispatch-light-green", "late-dispatch-yellow", "late-dispatch-orange"],
                [0.15, 0.20, 0.30],
                [
                    words("Late dispatch: light green below", "延迟发货率：低于此值为浅绿色"),
                    words("Late dispatch: yellow below", "延迟发货率：低于此值为黄色"),
                    words("Late dispatch: orange below, red from there on", "延迟发货率：低于此值为橙色，否则为红色"),
                ],
            ),
            cancellation: Ladder::declare(
                d,
                ["cancellation-light-green", "cancellation-yellow", "cancellation-orange"],
                [0.015, 0.02, 0.03],
                [
                    words("Cancellations: light green below", "取消率：低于此值为浅绿色"),
                    words("Cancellations: yellow below", "取消率：低于此值为黄色"),
                    words("Cancellations: orange below, red from there on", "取消率：低于此值为橙色，否则为红色"),
                ],
            ),
        }
    }

    pub(crate) fn read(&self, given: &Given) -> Result<Settings, SettingError> {
        Ok(Settings {
            claims: self.claims.read(given)?,
            late_dispatch: self.late_dispatch.read(given)?,
            cancellation: self.cancellation.read(given)?,
        })
    }
}

/// A rate below one of these has that colour, unless it is green.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) light_green: f64,
    pub(crate) yellow: f64,
    pub(crate) orange: f64,
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) claims: Bounds,
    pub(crate) late_dispatch: Bounds,
    pub(crate) cancellation: Bounds,
}

//! The colour of the thermometer: that of the worst of three rates, over the window that the volume chooses.

use andon_sdk::{Action, Judged, Reading, Reason, Snapshot, Status, Verdict};

use crate::MercadoLibre;
use crate::manifest::{COLOUR_FROM, Rates, SHORT_WINDOW_FROM};
use crate::settings::Bounds;

/// From best to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Colour {
    Green,
    LightGreen,
    Yellow,
    Orange,
    Red,
}

impl MercadoLibre {
    pub(crate) fn verdict_on(&self, snapshot: &Snapshot) -> Verdict {
        let standings = &self.codes.standings;
        if snapshot[self.codes.sales_365].numerator < i64::from(COLOUR_FROM) {
            return Verdict::new(standings.gray, 1000).because([self.codes.too_few_sales.plain()]);
        }
        let rates = self.rates(snapshot);
        let colours = rates.map(|(metric, bounds, _)| colour(&snapshot[metric.metric], bounds));
        let worst = colours.into_iter().max().unwrap_or(Colour::Green);
        let reasons = rates.iter().filter_map(|(metric, ..)| metric.reason(&snapshot[metric.metric]));
        let standing = match worst {
            Colour::Green => standings.green,
            Colour::LightGreen => standings.light_green,
            Colour::Yellow => standings.yellow,
            Colour::Orange => standings.orange,
            Colour::Red => standings.red,
        };
        let verdict = Verdict::new(standing, score(snapshot, &rates)).because(reasons);
        let behind: Vec<Reason> = rates
            .iter()
            .zip(colours)
            .filter(|(_, colour)| *colour == worst)
            .filter_map(|((metric, ..), _)| metric.reason(&snapshot[metric.metric]))
            .collect();
        match worst {
            Colour::Green | Colour::LightGreen => verdict,
            Colour::Yellow => verdict.propose(Action::Notice, behind),
            Colour::Orange => verdict.propose(Action::Warning, behind),
            Colour::Red => {
                verdict.propose(Action::Warning, behind.iter().copied()).propose(Action::AskPlanOfAction, behind.iter().copied())
            }
        }
    }

    /// The rates over the window that binds, each with its bounds and its weight in the score.
    fn rates(&self, snapshot: &Snapshot) -> [(Judged, Bounds, f64); 3] {
        let recent = snapshot[self.codes.sales_60].numerator;
        let Rates { claims, late_dispatch, cancellation } =
            if recent >= i64::from(SHORT_WINDOW_FROM) { self.codes.two_months } else { self.codes.a_year };
        let settings = &self.settings;
        [
            (claims, settings.claims, 400.0),
            (late_dispatch, settings.late_dispatch, 300.0),
            (cancellation, settings.cancellation, 300.0),
        ]
    }
}

/// Whoever meets the metric's own limit is green, whatever the other bounds say.
fn colour(reading: &Reading, bounds: Bounds) -> Colour {
    match reading.value {
        _ if reading.status != Status::Breached => Colour::Green,
        rate if rate < bounds.light_green => Colour::LightGreen,
        rate if rate < bounds.yellow => Colour::Yellow,
        rate if rate < bounds.orange => Colour::Orange,
        _ => Colour::Red,
    }
}

/// 1000 less what each rate uses up of the way to red.
fn score(snapshot: &Snapshot, rates: &[(Judged, Bounds, f64); 3]) -> u16 {
    let lost = rates.map(|(metric, bounds, weight)| {
        let reading = &snapshot[metric.metric];
        match reading.status {
            Status::Insufficient => 0.0,
            _ if reading.value >= bounds.orange => weight,
            _ => weight * reading.value / bounds.orange,
        }
    });
    (1000.0 - lost.iter().sum::<f64>()).round() as u16
}

//! A Mirakl operator's quality control, two thresholds a metric, as Andon rules. Each number's source stands in the README.

mod classify;
mod evaluate;
mod manifest;
mod settings;

use andon_sdk::facts::{Instant, Subject};
use andon_sdk::{About, Classified, Declaration, Given, Rules, SettingError, Snapshot, Unreadable, Verdict};

/// The rules, configured.
#[derive(Debug)]
pub struct Mirakl {
    codes: manifest::Codes,
    settings: settings::Settings,
}

impl Rules for Mirakl {
    type Codes = manifest::Codes;
    const ABOUT: About = manifest::ABOUT;

    fn declare(declaration: &mut Declaration) -> Self::Codes {
        manifest::declare(declaration)
    }

    fn configure(codes: Self::Codes, given: &Given) -> Result<Self, SettingError> {
        Ok(Self { settings: codes.settings.read(given), codes })
    }

    fn classify(&self, now: Instant, subject: &Subject) -> Result<Classified, Unreadable> {
        Ok(self.marks_of(now, subject))
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Result<Verdict, Unreadable> {
        Ok(self.verdict_on(snapshot))
    }
}

andon_sdk::export!(Mirakl);

//! What an operator may set: whose feedback counts, on which sources disagree, and how fast a breach climbs the ladder.

use andon_sdk::{Declaration, Given, Setting, SettingError, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    feedback_on_platform_fulfilled: Setting<bool>,
    days_before_suppression: Setting<i64>,
    days_before_suspension: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            feedback_on_platform_fulfilled: d.flag(
                "feedback-on-platform-fulfilled",
                true,
                words("Ratings of orders that the platform fulfils count too", "平台配送订单的评价同样计入"),
            ),
            days_before_suppression: d.integer(
                "days-before-suppression",
                7,
                1..=31,
                words("Days in a row of a breach before suppression", "连续超标多少天后下架自配送商品"),
            ),
            days_before_suspension: d.integer(
                "days-before-suspension",
                30,
                1..=31,
                words("Days in a row of a breach before suspension", "连续超标多少天后暂停账户"),
            ),
        }
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) feedback_on_platform_fulfilled: bool,
    pub(crate) days_before_suppression: u16,
    pub(crate) days_before_suspension: u16,
}

impl Settings {
    pub(crate) fn read(codes: &Codes, given: &Given) -> Result<Self, SettingError> {
        let settings = Self {
            feedback_on_platform_fulfilled: given.get(codes.feedback_on_platform_fulfilled),
            days_before_suppression: given.get(codes.days_before_suppression) as u16,
            days_before_suspension: given.get(codes.days_before_suspension) as u16,
        };
        if settings.days_before_suspension < settings.days_before_suppression {
            let suppression = settings.days_before_suppression;
            return Err(codes
                .days_before_suspension
                .refuse(format!("is sooner than suppression, which takes {suppression} days")));
        }
        Ok(settings)
    }
}

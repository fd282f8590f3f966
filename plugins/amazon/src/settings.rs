//! What an operator may set: which claims count, and how long a merchant is shown a breach before more follows from it.

use andon_sdk::facts::ClaimState;
use andon_sdk::{Given, SettingError};

use crate::manifest::Codes;

/// Sources disagree: Amazon counts these, Amazon Pay counts every claim, withdrawn and denied ones included.
pub(crate) const DEFAULT_CLAIM_STATES: &str = "open refunded-by-merchant granted granted-at-platform-cost";

const STATES: [(&str, ClaimState); 6] = [
    ("open", ClaimState::Open),
    ("refunded-by-merchant", ClaimState::RefundedByMerchant),
    ("granted", ClaimState::Granted),
    ("granted-at-platform-cost", ClaimState::GrantedAtPlatformCost),
    ("denied", ClaimState::Denied),
    ("withdrawn", ClaimState::Withdrawn),
];

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    counting: [bool; STATES.len()],
    /// Days in a row of a breach after which it has consequences.
    pub(crate) preview_days: u16,
}

impl Settings {
    pub(crate) fn read(codes: &Codes, given: &Given) -> Result<Self, SettingError> {
        let mut counting = [false; STATES.len()];
        for word in given.get(codes.counted_claim_states).split_whitespace() {
            let known = STATES.iter().position(|(name, _)| *name == word);
            let index = known.ok_or_else(|| codes.counted_claim_states.refuse(format!("{word:?} is not a state of a claim")))?;
            counting[index] = true;
        }
        Ok(Self { counting, preview_days: given.get(codes.preview_days) as u16 })
    }

    /// Whether a claim in this state is a defect.
    pub(crate) fn counts(&self, state: ClaimState) -> bool {
        STATES.iter().zip(self.counting).any(|((_, known), counts)| counts && *known == state)
    }
}

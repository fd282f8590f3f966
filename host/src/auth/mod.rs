//! Who is calling and what they may do. A token is checked as RFC 8725 asks; what comes out is a [`Caller`], and permission is
//! asked of it and of nothing else. Nothing here knows HTTP.

mod claims;
mod keys;
mod token;
mod trial;

pub use claims::{Caller, MerchantClaim, Scope};
pub use keys::{KeyRing, KeySource, KeysError};
pub use token::{AuthError, Policy, Verifier};
pub use trial::{Grant, TrialError, TrialKey};

/// Chooses the one crypto library before anything signs or checks; a second call changes nothing.
pub fn install_crypto() {
    // An error means that a provider is already installed, and only this function installs one.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

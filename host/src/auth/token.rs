//! One token checked: header, signature, claims, time. The library is trusted with signatures only; it would let a token
//! without issuer or audience pass, ignore `nbf` and `crit`, and ask the wall clock.

use std::sync::Arc;

use andon_domain::ids::Instant;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use moka::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::claims::{Caller, Claims, LAST_SECOND};
use super::keys::KeySource;
use crate::clock::Clock;

/// Longest token that is looked at, bytes.
const MAX_TOKEN: usize = 8_192;
/// How far clocks may differ, seconds.
const LEEWAY: i64 = 30;
/// How many tokens are remembered as checked; a signature costs a hundred times as much as finding one here.
const REMEMBERED: u64 = 10_000;

/// Why a token was refused. Each case says no more than its sender may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum AuthError {
    #[error("the request bears no token")]
    Missing,
    #[error("the token is malformed")]
    Malformed,
    #[error("the token's header names an algorithm, type or extension that is not accepted")]
    Header,
    #[error("the token's signature or key is not valid")]
    Signature,
    #[error("the token's claims are incomplete or malformed")]
    Claims,
    #[error("the token is of another issuer or for another audience")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
    #[error("the token lives longer than is allowed")]
    TooLong,
}

impl AuthError {
    /// A word for metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::TooLong => "too-long",
        }
    }
}

/// What tokens must say.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The `iss` expected.
    pub issuer: String,
    /// The `aud` expected.
    pub audience: String,
    /// Longest life, seconds.
    pub longest: i64,
}

/// A token's header; any other member (`crit`, `jku`, `x5u`, `jwk`, `x5c`, `zip`, ...) refuses the token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(rename = "x5t")]
    _thumbprint: Option<String>,
    #[serde(rename = "x5t#S256")]
    _thumbprint_256: Option<String>,
}

#[derive(Clone)]
struct Remembered {
    ring: u64,
    exp: i64,
    nbf: i64,
    caller: Arc<Caller>,
}

/// Checks tokens.
pub struct Verifier {
    keys: KeySource,
    policy: Policy,
    clock: Arc<dyn Clock>,
    seen: Cache<[u8; 32], Remembered>,
}

impl Verifier {
    /// Checks against `keys` and `policy`, at the time `clock` says.
    pub fn new(keys: KeySource, policy: Policy, clock: Arc<dyn Clock>) -> Self {
        Self { keys, policy, clock, seen: Cache::new(REMEMBERED) }
    }

    /// The caller a token (compact form, without `Bearer`) stands for.
    pub async fn verify(&self, token: &str) -> Result<Arc<Caller>, AuthError> {
        if token.is_empty() {
            return Err(AuthError::Missing);
        }
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Malformed);
        }
        let now = self.clock.now();
        let fingerprint: [u8; 32] = Sha256::digest(token).into();
        if let Some(seen) = self.seen.get(&fingerprint)
            && seen.ring == self.keys.current(now).await.version
        {
            in_time(seen.exp, seen.nbf, now)?;
            return Ok(seen.caller);
        }
        let (ring, claims) = self.checked_signature(token, now).await?;
        let (exp, nbf) = (claims.exp, claims.nbf.unwrap_or(i64::MIN));
        self.check(&claims, now)?;
        let caller = Arc::new(claims.caller().ok_or(AuthError::Claims)?);
        self.seen.insert(fingerprint, Remembered { ring, exp, nbf, caller: caller.clone() });
        Ok(caller)
    }

    async fn checked_signature(&self, token: &str, now: Instant) -> Result<(u64, Claims), AuthError> {
        let mut parts = token.split('.');
        let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(AuthError::Malformed);
        };
        let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| AuthError::Header)?;
        let algorithm = match header.alg.as_str() {
            "EdDSA" => Algorithm::EdDSA,
            "ES256" => Algorithm::ES256,
            "RS256" => Algorithm::RS256,
            _ => return Err(AuthError::Header),
        };
        if header.typ.is_some_and(|typ| !["jwt", "at+jwt", "application/at+jwt"].contains(&typ.to_ascii_lowercase().as_str())) {
            return Err(AuthError::Header);
        }
        let (ring, key) = self.keys.find(header.kid.as_deref(), now).await.ok_or(AuthError::Signature)?;
        if key.algorithm != algorithm {
            return Err(AuthError::Header);
        }
        let message = &token.as_bytes()[..head.len() + 1 + body.len()];
        match jsonwebtoken::crypto::verify(signature, message, &key.key, algorithm) {
            Ok(true) => {}
            _ => return Err(AuthError::Signature),
        }
        let claims = serde_json::from_slice(&decode(body)?).map_err(|_| AuthError::Claims)?;
        Ok((ring, claims))
    }

    fn check(&self, claims: &Claims, now: Instant) -> Result<(), AuthError> {
        if claims.iss != self.policy.issuer || !claims.aud.contains(&self.policy.audience) {
            return Err(AuthError::Audience);
        }
        let (exp, now_s) = (claims.exp, now.div_euclid(1_000));
        let begins = claims.nbf.unwrap_or(i64::MIN).max(claims.iat.unwrap_or(i64::MIN));
        let plausible = 0..LAST_SECOND;
        if !plausible.contains(&exp) || [claims.nbf, claims.iat].into_iter().flatten().any(|t| !plausible.contains(&t)) {
            return Err(AuthError::Claims);
        }
        in_time(exp, begins, now)?;
        let longest = self.policy.longest;
        if exp - claims.iat.unwrap_or(now_s) > longest || exp - now_s > longest + LEEWAY {
            return Err(AuthError::TooLong);
        }
        Ok(())
    }
}

fn in_time(exp: i64, begins: i64, now: Instant) -> Result<(), AuthError> {
    let now = now.div_euclid(1_000);
    if now >= exp.saturating_add(LEEWAY) {
        Err(AuthError::Expired)
    } else if begins > now.saturating_add(LEEWAY) {
        Err(AuthError::NotYet)
    } else {
        Ok(())
    }
}

fn decode(part: &str) -> Result<Vec<u8>, AuthError> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthError::Malformed)
}

#[cfg(test)]
#[path = "token_attacks.rs"]
mod attacks;

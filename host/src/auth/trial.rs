//! The trial key: an Ed25519 key made in the home for whoever has no identity provider yet. It is used only while no JWKS is
//! configured, is readable by its owner alone, and is never shown.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use andon_domain::ids::Instant;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::claims::{MerchantClaim, Scope};
use super::keys::{KeyRing, KeysError};
use super::token::Policy;

const FILE: &str = "trial-key";
const ID: &str = "trial";
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Why the trial key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The file cannot be read or written.
    #[error("trial key `{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others could read it.
    #[error("trial key `{0}` is open to others; it must have mode 600")]
    Open(PathBuf),
    /// Not a key.
    #[error("trial key `{0}` is damaged; remove it and a new one is made")]
    Damaged(PathBuf),
    /// No randomness to be had.
    #[error("no random numbers to make a trial key from")]
    Random,
    /// Signing failed.
    #[error("signing failed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
    /// Its public half was not accepted.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// What a token is to allow.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    /// Who.
    pub subject: String,
    /// What.
    pub scopes: Vec<Scope>,
    /// Where: marketplace codes, or `*`.
    pub marketplaces: Vec<String>,
    /// Bound to one merchant.
    pub merchant: Option<MerchantClaim>,
    /// For how long, seconds.
    pub seconds: i64,
}

#[derive(Serialize)]
struct Signed<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    scope: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    marketplaces: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<&'a MerchantClaim>,
}

/// The key of a home.
pub struct TrialKey {
    key: EncodingKey,
}

impl TrialKey {
    /// The home's key, made on first use.
    pub fn of_home(home: &Path) -> Result<Self, TrialError> {
        let path = home.join(FILE);
        let failed = |source| TrialError::File { path: path.clone(), source };
        if !path.exists() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(home).map_err(failed)?;
            create(&path)?;
        }
        if std::fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(TrialError::Open(path));
        }
        let der = std::fs::read(&path).map_err(failed)?;
        if der.len() != 48 || der[..16] != PKCS8 {
            return Err(TrialError::Damaged(path));
        }
        Ok(Self { key: EncodingKey::from_ed_der(&der) })
    }

    /// Its public half, to check tokens with.
    pub fn ring(&self) -> Result<KeyRing, TrialError> {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA)?;
        jwk.common.key_id = Some(ID.to_owned());
        let set = serde_json::to_vec(&jsonwebtoken::jwk::JwkSet { keys: vec![jwk] }).map_err(KeysError::from)?;
        Ok(KeyRing::of_jwks(&set)?)
    }

    /// A token that passes `policy` from `now` on.
    pub fn sign(&self, grant: &Grant, policy: &Policy, now: Instant) -> Result<String, TrialError> {
        let now = now.div_euclid(1_000);
        let scope: Vec<&str> = grant.scopes.iter().map(|scope| scope.word()).collect();
        let claims = Signed {
            iss: &policy.issuer,
            aud: &policy.audience,
            sub: &grant.subject,
            iat: now,
            nbf: now,
            exp: now + grant.seconds,
            scope: scope.join(" "),
            marketplaces: &grant.marketplaces,
            merchant: grant.merchant.as_ref(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        (header.kid, header.typ) = (Some(ID.to_owned()), Some("at+jwt".to_owned()));
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}

/// Writes a new key beside its place and links it there, so that of two processes one wins and both read the same.
fn create(path: &Path) -> Result<(), TrialError> {
    let failed = |source| TrialError::File { path: path.to_owned(), source };
    let mut der = [0; 48];
    der[..16].copy_from_slice(&PKCS8);
    aws_lc_rs::rand::fill(&mut der[16..]).map_err(|_| TrialError::Random)?;
    let beside = path.with_extension(std::process::id().to_string());
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
    let written = file.write_all(&der).and_then(|()| file.sync_all()).and_then(|()| match std::fs::hard_link(&beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = std::fs::remove_file(&beside);
    written.and(removed).map_err(failed)
}

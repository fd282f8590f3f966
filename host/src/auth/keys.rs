//! The keys that tokens are checked with: from a JWKS file or URL, reloaded as they rotate, or the trial key of the home.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use andon_domain::ids::Instant;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// Largest JWKS that is read, bytes, and most keys in it.
const MAX_JWKS: usize = 256 * 1024;
const MAX_KEYS: usize = 100;
/// Least time between two loads, however many unknown key ids arrive: nobody makes us hammer an identity provider.
const LEAST_INTERVAL: i64 = 10_000;
/// After this the keys of a URL are fetched again although nothing asked for it, so that a withdrawn key goes.
const URL_AGE: i64 = 300_000;
/// A file's modification time is looked at this often.
const FILE_AGE: i64 = 1_000;

/// Why keys could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("setting `jwks`: `{path}` cannot be read: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The URL is not one to fetch keys from.
    #[error("setting `jwks`: `{0}` is neither a file nor an https URL (http is for this machine only)")]
    Url(String),
    /// The URL did not answer with keys.
    #[error("setting `jwks`: fetching failed: {0}")]
    Fetch(#[from] reqwest::Error),
    /// More than a key set can be.
    #[error("setting `jwks`: larger than {MAX_JWKS} bytes or more than {MAX_KEYS} keys")]
    TooLarge,
    /// Not a key set.
    #[error("setting `jwks`: not a JWK set: {0}")]
    Json(#[from] serde_json::Error),
    /// No key in it that tokens could be signed with.
    #[error("setting `jwks`: holds no usable EdDSA, ES256 or RS256 key")]
    NoKeys,
    /// Two keys of one id: which was meant cannot be told.
    #[error("setting `jwks`: two keys have the id `{0}`")]
    TwoOfOneId(String),
}

/// A key and the one algorithm it may be used with.
pub(super) struct Key {
    pub(super) key: DecodingKey,
    pub(super) algorithm: Algorithm,
}

/// The keys in force, by id.
pub struct KeyRing {
    keys: HashMap<String, Arc<Key>>,
}

impl KeyRing {
    /// The signing keys of a JWK set. Keys for other uses and algorithms, and RSA keys under 2048 bits, are passed over.
    pub fn of_jwks(json: &[u8]) -> Result<Self, KeysError> {
        if json.len() > MAX_JWKS {
            return Err(KeysError::TooLarge);
        }
        let set: JwkSet = serde_json::from_slice(json)?;
        if set.keys.len() > MAX_KEYS {
            return Err(KeysError::TooLarge);
        }
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            let Some(key) = usable(jwk) else { continue };
            let id = jwk.common.key_id.clone().unwrap_or_default();
            if keys.insert(id.clone(), Arc::new(key)).is_some() {
                return Err(KeysError::TwoOfOneId(id));
            }
        }
        if keys.is_empty() { Err(KeysError::NoKeys) } else { Ok(Self { keys }) }
    }

    /// The key of that id; without an id, the only key there is.
    fn find(&self, id: Option<&str>) -> Option<Arc<Key>> {
        match id {
            Some(id) => self.keys.get(id).cloned(),
            None if self.keys.len() == 1 => self.keys.values().next().cloned(),
            None => None,
        }
    }
}

fn usable(jwk: &Jwk) -> Option<Key> {
    if matches!(&jwk.common.public_key_use, Some(purpose) if *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(p) if p.curve == EllipticCurve::Ed25519 => (Algorithm::EdDSA, KeyAlgorithm::EdDSA),
        AlgorithmParameters::EllipticCurve(p) if p.curve == EllipticCurve::P256 => (Algorithm::ES256, KeyAlgorithm::ES256),
        // 2048 bits are 256 bytes, which are 342 characters of base64 without padding.
        AlgorithmParameters::RSA(p) if p.n.len() >= 342 => (Algorithm::RS256, KeyAlgorithm::RS256),
        _ => return None,
    };
    if jwk.common.key_algorithm.is_some_and(|alg| alg != named) {
        return None;
    }
    Some(Key { key: DecodingKey::from_jwk(jwk).ok()?, algorithm })
}

enum Origin {
    Fixed,
    File(PathBuf),
    Url { url: reqwest::Url, client: reqwest::Client },
}

/// The ring in force and its number, which changes whenever the keys do.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) version: u64,
    ring: Arc<KeyRing>,
    modified: Option<SystemTime>,
    checked: Instant,
}

/// Where keys come from, and the last that were loaded.
pub struct KeySource {
    origin: Origin,
    current: RwLock<Current>,
    loading: tokio::sync::Mutex<()>,
}

impl KeySource {
    /// Keys that never change.
    pub fn fixed(ring: KeyRing) -> Self {
        Self::new(Origin::Fixed, ring, None, 0)
    }

    /// From a JWKS file or URL, loaded at once, at the time `now`.
    pub async fn load(place: &str, now: Instant) -> Result<Self, KeysError> {
        if !place.contains("://") {
            let path = PathBuf::from(place);
            let (ring, modified) = read(&path)?;
            return Ok(Self::new(Origin::File(path), ring, modified, now));
        }
        let url = reqwest::Url::parse(place).map_err(|_| KeysError::Url(place.to_owned()))?;
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(KeysError::Url(place.to_owned()));
        }
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(5)).build()?;
        let ring = fetch(&client, &url).await?;
        Ok(Self::new(Origin::Url { url, client }, ring, None, now))
    }

    fn new(origin: Origin, ring: KeyRing, modified: Option<SystemTime>, checked: Instant) -> Self {
        let current = Current { version: 0, ring: Arc::new(ring), modified, checked };
        Self { origin, current: RwLock::new(current), loading: tokio::sync::Mutex::new(()) }
    }

    /// The keys in force, looked for anew where they have become old.
    pub(super) async fn current(&self, now: Instant) -> Current {
        let current = self.snapshot();
        let age = match self.origin {
            Origin::Fixed => return current,
            Origin::File(_) => FILE_AGE,
            Origin::Url { .. } => URL_AGE,
        };
        if now - current.checked < age { current } else { self.reload(now, age).await }
    }

    /// The key of that id with the ring's number. An unknown id makes the keys be loaded anew, at most every ten seconds.
    pub(super) async fn find(&self, id: Option<&str>, now: Instant) -> Option<(u64, Arc<Key>)> {
        let mut current = self.current(now).await;
        if current.ring.find(id).is_none() && !matches!(self.origin, Origin::Fixed) {
            current = self.reload(now, LEAST_INTERVAL).await;
        }
        Some((current.version, current.ring.find(id)?))
    }

    fn snapshot(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads anew unless somebody did within `interval`; whoever comes meanwhile waits for that one load. Keys that cannot be
    /// loaded leave the old ones in force: an identity provider that is down must not take us down.
    async fn reload(&self, now: Instant, interval: i64) -> Current {
        let _one_at_a_time = self.loading.lock().await;
        let mut next = self.snapshot();
        if now - next.checked < interval {
            return next;
        }
        next.checked = now;
        match self.loaded(next.modified).await {
            Ok(Some((ring, modified))) => {
                next = Current { version: next.version + 1, ring: Arc::new(ring), modified, checked: now };
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "signing keys could not be loaded; the old ones stay"),
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        next
    }

    async fn loaded(&self, known: Option<SystemTime>) -> Result<Option<(KeyRing, Option<SystemTime>)>, KeysError> {
        match &self.origin {
            Origin::Fixed => Ok(None),
            Origin::File(path) if known.is_some() && modified(path) == known => Ok(None),
            Origin::File(path) => read(path).map(Some),
            Origin::Url { url, client } => Ok(Some((fetch(client, url).await?, None))),
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn read(path: &Path) -> Result<(KeyRing, Option<SystemTime>), KeysError> {
    let failed = |source| KeysError::File { path: path.to_owned(), source };
    let before = modified(path);
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_JWKS as u64 {
        return Err(KeysError::TooLarge);
    }
    Ok((KeyRing::of_jwks(&std::fs::read(path).map_err(failed)?)?, before))
}

async fn fetch(client: &reqwest::Client, url: &reqwest::Url) -> Result<KeyRing, KeysError> {
    let mut answer = client.get(url.clone()).send().await?.error_for_status()?;
    let mut json = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if json.len() + chunk.len() > MAX_JWKS {
            return Err(KeysError::TooLarge);
        }
        json.extend_from_slice(&chunk);
    }
    KeyRing::of_jwks(&json)
}

#[cfg(test)]
#[path = "keys_rotation.rs"]
mod rotation;

//! What an entry says, the bytes that stand for it, and the hash over them.

use sha2::{Digest, Sha256};

use crate::ids::Instant;

/// SHA-256.
pub type Hash = [u8; 32];

/// Keeps an actor's digest from being guessed; known to whoever may know the actor.
pub type Salt = [u8; 16];

/// What an entry's bytes begin with: their layout's name and version.
const ENTRY: &str = "andon ledger entry 1";

/// The same of an actor's bytes.
const ACTOR: &str = "andon ledger actor 1";

/// What an entry says, its actor by digest.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// When it was entered.
    pub at: Instant,
    /// [`actor_digest`] of who acted.
    pub actor: Hash,
    /// What happened, such as `feedback.struck`.
    pub kind: &'a str,
    /// Reference of the merchant it is about, where it is about one.
    pub merchant: Option<&'a str>,
    /// What it is about: a reference, code or number that `kind` gives the meaning of.
    pub about: &'a str,
    /// Why.
    pub reason: &'a str,
    /// What was before, JSON.
    pub before: Option<&'a str>,
    /// What is now, JSON.
    pub after: Option<&'a str>,
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Place in the ledger, from 0.
    pub seq: u64,
    /// When it was entered.
    pub at: Instant,
    /// Who acted.
    pub actor: String,
    /// Salt of the actor's digest.
    pub salt: Salt,
    /// What happened.
    pub kind: String,
    /// Reference of the merchant it is about.
    pub merchant: Option<String>,
    /// What it is about.
    pub about: String,
    /// Why.
    pub reason: String,
    /// What was before, JSON.
    pub before: Option<String>,
    /// What is now, JSON.
    pub after: Option<String>,
    /// Hash of the entry before it; zeros for the first.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
}

impl Record {
    /// What it says.
    pub fn said(&self) -> Said<'_> {
        Said {
            at: self.at,
            actor: actor_digest(&self.salt, &self.actor),
            kind: &self.kind,
            merchant: self.merchant.as_deref(),
            about: &self.about,
            reason: &self.reason,
            before: self.before.as_deref(),
            after: self.after.as_deref(),
        }
    }
}

/// What an entry commits to of its actor, so that whoever may not know the name can recompute the entry's hash all the same.
pub fn actor_digest(salt: &Salt, actor: &str) -> Hash {
    let mut bytes = Bytes::default();
    bytes.text(ACTOR);
    bytes.0.update(salt);
    bytes.text(actor);
    bytes.0.finalize().into()
}

/// The hash of an entry at a place of a marketplace's ledger. Numbers are 8 bytes, big-endian; a text is its length in bytes and its
/// UTF-8; what may be absent is a byte 0, or a byte 1 and the text.
pub(super) fn hash(market: &str, seq: u64, previous: &Hash, said: &Said<'_>) -> Hash {
    let mut bytes = Bytes::default();
    bytes.text(ENTRY);
    bytes.text(market);
    bytes.0.update(seq.to_be_bytes());
    bytes.0.update(previous);
    bytes.0.update(said.at.to_be_bytes());
    bytes.0.update(said.actor);
    bytes.text(said.kind);
    bytes.optional(said.merchant);
    bytes.text(said.about);
    bytes.text(said.reason);
    bytes.optional(said.before);
    bytes.optional(said.after);
    bytes.0.finalize().into()
}

#[derive(Default)]
struct Bytes(Sha256);

impl Bytes {
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        if let Some(text) = text {
            self.text(text);
        }
    }
}

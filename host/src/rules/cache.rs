//! Machine code on disk, so that a start takes milliseconds. A file is believed only for the component and engine that its code bears
//! witness of: whatever else lies there, from another engine, cut short, or written by somebody else, is as good as nothing.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;

use super::engine::Engine;
use super::machine::MachineCode;

const MAC_BYTES: usize = 32;
/// Sets this use of the database's secret apart from all others.
const DOMAIN: &[u8] = b"andon machine code 1";
/// Tells files of one process apart while they are written.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Machine code of one engine.
pub struct Cache {
    directory: PathBuf,
    engine: String,
    key: hmac::Key,
    largest: u64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cache").field(&self.directory).finish()
    }
}

impl Cache {
    /// The cache of `engine` below `place`, which is made where it is not there; what other engines left there is removed. `secret`
    /// is what only this host's database knows; code of more than `largest` bytes is not looked at.
    pub fn open(place: &Path, engine: &Engine, secret: &[u8], largest: usize) -> std::io::Result<Self> {
        let engine = engine.identity();
        let directory = place.join(&engine);
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        remove_others(place, &engine)?;
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), DOMAIN);
        let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        Ok(Self { directory, engine, key, largest: (largest + MAC_BYTES) as u64 })
    }

    /// The machine code of a component, where it is there and ours.
    pub fn load(&self, digest: &str) -> Option<MachineCode> {
        let path = self.path(digest);
        let bytes = match read(&path, self.largest) {
            Ok(bytes) => bytes,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!("machine code {} cannot be read: {error}", path.display());
                }
                return None;
            }
        };
        let genuine = bytes.split_first_chunk::<MAC_BYTES>().filter(|(mac, code)| {
            let message = self.message(digest, code);
            hmac::verify(&self.key, &message, &mac[..]).is_ok()
        });
        if genuine.is_none() {
            tracing::warn!("machine code {} is not ours, or damaged; it is made anew", path.display());
        }
        genuine.map(|(_, code)| MachineCode::trusted(code.to_vec()))
    }

    /// Keeps the machine code of a component. What was there is replaced at once or not at all.
    pub fn keep(&self, digest: &str, code: &MachineCode) -> std::io::Result<()> {
        let mac = hmac::sign(&self.key, &self.message(digest, code.bytes()));
        let path = self.path(digest);
        let beside = path.with_extension(format!("{}-{}", std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        // Not flushed to the disk: whatever a loss of power leaves of it is told by the MAC.
        let written = file.write_all(mac.as_ref()).and_then(|()| file.write_all(code.bytes()));
        written.and_then(|()| fs::rename(&beside, &path)).inspect_err(|_| drop(fs::remove_file(&beside)))
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.directory.join(digest.trim_start_matches("sha256:"))
    }

    /// What a MAC is over: the engine, the component and the code, none of which can run into the next.
    fn message(&self, digest: &str, code: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(code.len() + self.engine.len() + digest.len() + 8);
        for part in [self.engine.as_bytes(), digest.as_bytes()] {
            message.extend_from_slice(&(part.len() as u32).to_be_bytes());
            message.extend_from_slice(part);
        }
        message.extend_from_slice(code);
        message
    }
}

fn read(path: &Path, largest: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Machine code of an engine that is no longer used is never read again.
fn remove_others(place: &Path, engine: &str) -> std::io::Result<()> {
    for entry in fs::read_dir(place)? {
        let name = entry?.file_name();
        let is_engine =
            name.to_str().is_some_and(|name| name.len() == engine.len() && name.bytes().all(|b| b.is_ascii_hexdigit()));
        if is_engine && name.as_os_str() != engine {
            fs::remove_dir_all(place.join(name))?;
        }
    }
    Ok(())
}

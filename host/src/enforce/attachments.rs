//! Files that a merchant brings, to be named in an appeal. Each is kept once for its merchant under its digest; what no appeal names
//! in a while is dropped.

use std::sync::Arc;

use andon_domain::enforce::policy::DAY;
use bytes::Bytes;

use super::media::Media;
use super::{EnforceError, Refusal};
use crate::app::App;
use crate::rules::digest;
use crate::store::attachments::{self as rows, Attachment};

/// Largest file, in bytes.
pub const MAX_FILE: usize = 5 << 20;

/// Files of one merchant that may wait to be named in an appeal.
const MAX_WAITING: i64 = 20;

/// Days after which a file that no appeal has named is dropped.
const WAITS_DAYS: i64 = 7;

/// Whether a text is a digest as files are named by.
pub fn is_digest(text: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.strip_prefix("sha256:").is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hex))
}

impl App {
    /// Keeps a file for a merchant; answers its digest, and whether it was not there yet.
    pub async fn attach(
        self: &Arc<Self>,
        market: &str,
        merchant: i64,
        (media, bytes): (Media, Bytes),
    ) -> Result<(String, bool), EnforceError> {
        if bytes.len() > MAX_FILE {
            return Err(Refusal::Field { field: "content-length", why: format!("must be at most {MAX_FILE}") }.into());
        }
        media.check(&bytes).map_err(|e| Refusal::Field { field: "content-type", why: e.to_string() })?;
        let digest = digest(&bytes);
        let file = Attachment { media_type: media.word().to_owned(), content: bytes.into() };
        let kept = self.at_desk(market, move |desk| {
            if rows::is_known(desk.session, merchant, &digest)? {
                return Ok(Ok((digest.clone(), false)));
            }
            if rows::tidy(desk.session, merchant, desk.now - WAITS_DAYS * DAY)? >= MAX_WAITING {
                let why =
                    format!("{MAX_WAITING} files wait to be named in an appeal; those not named go after {WAITS_DAYS} days");
                return Ok(Err(Refusal::Clash(why)));
            }
            let new = rows::put(desk.session, merchant, &digest, &file, desk.now)?;
            Ok(Ok((digest.clone(), new)))
        });
        kept.await
    }
}

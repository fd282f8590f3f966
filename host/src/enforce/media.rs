//! Files that may be attached to an appeal. What a file is said to be is held against its bytes, and what is two things at once is
//! refused: whoever opens a picture must not find a page, a document or an archive in it.

use infer::MatcherType;

/// What a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// A picture, `image/png`.
    Png,
    /// A picture, `image/jpeg`.
    Jpeg,
    /// A document, `application/pdf`.
    Pdf,
    /// Text in UTF-8, `text/plain`.
    Text,
}

/// Bytes that are not what they are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotIt {
    /// They are something else.
    #[error("is not what the bytes are")]
    Other,
    /// They are something else as well.
    #[error("is not all that the bytes are: there is a page, a document or an archive in them, too")]
    TwoInOne,
}

/// How a PDF begins, and in how many bytes its readers look for that.
const PDF: &[u8] = b"%PDF-";
const PDF_BEGINS_WITHIN: usize = 1_024;

/// The record that ends a ZIP archive: its length without the comment that follows it.
const ZIP_END: usize = 22;

impl Media {
    /// All of them with their media types.
    pub const ALL: [(Self, &str); 4] =
        [(Self::Png, "image/png"), (Self::Jpeg, "image/jpeg"), (Self::Pdf, "application/pdf"), (Self::Text, "text/plain")];

    /// What a media type names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(media, _)| *media)
    }

    /// Its media type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
        }
    }

    /// How names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Pdf => "pdf",
            Self::Text => "txt",
        }
    }

    /// Whether the bytes are that, and nothing else besides.
    pub fn check(self, bytes: &[u8]) -> Result<(), NotIt> {
        let found = infer::get(bytes);
        let is_it = match self {
            Self::Text => found.is_none_or(|kind| !is_text_too(kind)) && std::str::from_utf8(bytes).is_ok_and(is_plain),
            _ => found.is_some_and(|kind| kind.mime_type() == self.word()),
        };
        let hidden = match self {
            Self::Text => false,
            Self::Pdf => ends_a_zip(bytes) || !bytes.starts_with(PDF),
            Self::Png | Self::Jpeg => ends_a_zip(bytes) || begins_a_pdf(bytes) || holds_markup(bytes),
        };
        match (is_it, hidden) {
            (false, _) => Err(NotIt::Other),
            (true, true) => Err(NotIt::TwoInOne),
            (true, false) => Ok(()),
        }
    }
}

/// Whether a kind of file may be all text: pages, scripts and documents may. Pictures, sounds and films may not, though some begin with
/// letters that words begin with, too, such as `BM`.
fn is_text_too(kind: infer::Type) -> bool {
    !matches!(kind.matcher_type(), MatcherType::Image | MatcherType::Audio | MatcherType::Video)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn begins_a_pdf(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(PDF_BEGINS_WITHIN)].windows(PDF.len()).any(|at| at == PDF)
}

/// Archives are read from their end, behind which only a comment may stand, whose length is said there.
fn ends_a_zip(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(ZIP_END + usize::from(u16::MAX));
    bytes[from..].windows(ZIP_END).enumerate().any(|(i, end)| {
        let comment = usize::from(u16::from_le_bytes([end[20], end[21]]));
        end.starts_with(b"PK\x05\x06") && from + i + ZIP_END + comment <= bytes.len()
    })
}

/// Pictures hold markup of their own (XMP), but never that of a page or a script.
fn holds_markup(bytes: &[u8]) -> bool {
    const MARKUP: [&[u8]; 4] = [b"<script", b"<html", b"<!doctype html", b"<?php"];
    let opens = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'<');
    let begins = |at: &[u8], word: &[u8]| at.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    opens.map(|(i, _)| &bytes[i..]).any(|at| MARKUP.iter().any(|word| begins(at, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One grey dot.
    const PNG: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x08\xd7\x63\x68\0\0\0\
        \x82\0\x81\xdd\x43\x6a\xf4\0\0\0\0IEND\xae\x42\x60\x82";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9";
    const DOCUMENT: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

    fn joined(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn each_kind_is_told_by_its_bytes_and_not_by_its_word() {
        let files = [(Media::Png, PNG), (Media::Jpeg, JPEG), (Media::Pdf, DOCUMENT), (Media::Text, "发票 1\r\n\tok".as_bytes())];
        for (media, bytes) in files {
            for (said, word) in Media::ALL {
                let expected = if said == media { Ok(()) } else { Err(NotIt::Other) };
                assert_eq!(Media::of_word(word).unwrap().check(bytes), expected, "{media:?} said to be {said:?}");
            }
        }
    }

    #[test]
    fn what_may_not_be_attached_is_told_whatever_it_is_said_to_be() {
        let others: [&[u8]; 8] = [
            b"",
            b"MZ\x90\0 a program",
            b"\x7fELF\x02\x01\x01\0 another",
            b"PK\x03\x04 an archive",
            b"GIF89a\x01\0",
            b"<!DOCTYPE html><script>alert(1)</script>",
            b"text with \x1b[2J in it",
            b"\xff\xfe not UTF-8",
        ];
        for bytes in others {
            for (media, _) in Media::ALL {
                assert_eq!(media.check(bytes), Err(NotIt::Other), "{:?} as {media:?}", String::from_utf8_lossy(bytes));
            }
        }
    }

    #[test]
    fn two_files_in_one_are_refused() {
        let zip_end = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\0end";
        for (media, bytes) in [
            (Media::Png, joined(&[PNG, zip_end])),
            (Media::Jpeg, joined(&[JPEG, b"PK\x03\x04...", zip_end])),
            (Media::Jpeg, joined(&[JPEG, zip_end, b"\xff\xd9"])),
            (Media::Pdf, joined(&[DOCUMENT, zip_end])),
            (Media::Pdf, joined(&[b"<html><script>alert(1)</script>", DOCUMENT])),
            (Media::Jpeg, joined(&[&JPEG[..20], DOCUMENT])),
            (Media::Png, joined(&[PNG, b"<ScRipt>fetch('/')</script>"])),
            (Media::Jpeg, joined(&[&JPEG[..20], b"<?php system($_GET[0]); ?>", &JPEG[20..]])),
        ] {
            assert_eq!(media.check(&bytes), Err(NotIt::TwoInOne), "{:?}", String::from_utf8_lossy(&bytes));
        }
        assert_eq!(Media::Text.check(b"BMW, invoice 7"), Ok(()));
        assert_eq!(Media::Jpeg.check(&joined(&[JPEG, b"<?xpacket begin='' ?><x:xmpmeta>"])), Ok(()));
    }
}

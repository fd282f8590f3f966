//! Events as they arrive: one, a batch or lines, plain or compressed, cut into raw items without being understood. What an
//! item says is for `events` to judge, so that a bad one costs only itself.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use bytes::Bytes;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::border::Border;
use super::extract::{body, media_type};
use super::problem::Problem;

/// Largest window a zstd stream may ask for, as a power of two: 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The raw items of a request, each the text of one JSON value as far as could be told.
#[derive(Debug)]
pub struct RawEvents(pub Vec<Bytes>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    Batch,
    Either,
    Lines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Zstd,
}

impl<S: Send + Sync> FromRequest<S> for RawEvents
where
    Arc<Border>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let border = Arc::<Border>::from_ref(state);
        let limits = &border.limits;
        let (shape, encoding) = (shape(request.headers())?, encoding(request.headers())?);
        let (most_bytes, most_items) = (limits.batch_bytes, limits.batch_events);
        let bytes = body(request, most_bytes, limits.body_deadline).await?;
        if encoding == Encoding::Plain {
            return split(&bytes, shape, most_items).map(Self);
        }
        // Inflating takes long enough to hold up other requests on this thread.
        let work = move || split(&inflate(&bytes, encoding, most_bytes)?, shape, most_items);
        tokio::task::spawn_blocking(work).await.map_err(|e| Problem::Internal(Box::new(e)))?.map(Self)
    }
}

fn shape(headers: &HeaderMap) -> Result<Shape, Problem> {
    match media_type(headers)?.0.as_str() {
        "application/cloudevents+json" => Ok(Shape::One),
        "application/cloudevents-batch+json" => Ok(Shape::Batch),
        "application/json" => Ok(Shape::Either),
        "application/x-ndjson" | "application/ndjson" => Ok(Shape::Lines),
        _ => Err(Problem::MediaType(
            "accepted: application/cloudevents+json, application/cloudevents-batch+json, application/json, application/x-ndjson"
                .into(),
        )),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    match (values.next().map(|v| v.as_bytes().to_ascii_lowercase()).as_deref(), values.next()) {
        (None | Some(b"identity"), None) => Ok(Encoding::Plain),
        (Some(b"gzip" | b"x-gzip"), None) => Ok(Encoding::Gzip),
        (Some(b"zstd"), None) => Ok(Encoding::Zstd),
        _ => Err(Problem::MediaType("accepted content encodings: gzip, zstd, one of them, once".into())),
    }
}

/// At most `limit` bytes inflated: more is refused while it appears, so a bomb costs no more than that.
fn inflate(bytes: &Bytes, encoding: Encoding, limit: usize) -> Result<Bytes, Problem> {
    let failed = |e: std::io::Error| {
        let name = if encoding == Encoding::Gzip { "gzip" } else { "zstd" };
        Problem::Malformed(match e.kind() {
            ErrorKind::UnexpectedEof => format!("the {name} data ends early"),
            _ => format!("the {name} data is damaged"),
        })
    };
    let mut plain = Vec::new();
    let read = match encoding {
        Encoding::Plain => return Ok(bytes.clone()),
        Encoding::Gzip => flate2::read::MultiGzDecoder::new(bytes.as_ref()).take(limit as u64 + 1).read_to_end(&mut plain),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes.as_ref()).map_err(failed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(failed)?;
            decoder.take(limit as u64 + 1).read_to_end(&mut plain)
        }
    };
    read.map_err(failed)?;
    if plain.len() > limit {
        return Err(Problem::TooLarge(format!("at most {limit} bytes are accepted after decompression")));
    }
    Ok(plain.into())
}

fn split(bytes: &Bytes, shape: Shape, most: usize) -> Result<Vec<Bytes>, Problem> {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    match (shape, first) {
        (_, None) => Err(Problem::Malformed("the body is empty".into())),
        (Shape::Lines, _) => lines(bytes, most),
        (Shape::Batch | Shape::Either, Some(b'[')) => array(bytes, most),
        (Shape::Batch, _) => Err(Problem::Malformed("a batch is a JSON array".into())),
        (Shape::One | Shape::Either, _) => Ok(vec![bytes.clone()]),
    }
}

fn too_many(most: usize) -> Problem {
    Problem::TooLarge(format!("at most {most} events are accepted in one request"))
}

fn lines(bytes: &Bytes, most: usize) -> Result<Vec<Bytes>, Problem> {
    let mut items = Vec::new();
    for line in bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        if items.len() == most {
            return Err(too_many(most));
        }
        items.push(bytes.slice_ref(line));
    }
    Ok(items)
}

fn array(bytes: &Bytes, most: usize) -> Result<Vec<Bytes>, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut full = false;
    let items = json.deserialize_seq(Items { bytes, most, full: &mut full }).and_then(|items| json.end().map(|()| items));
    items.map_err(|e| if full { too_many(most) } else { Problem::Malformed(e.to_string()) })
}

struct Items<'a> {
    bytes: &'a Bytes,
    most: usize,
    full: &'a mut bool,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Vec<Bytes>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = array.next_element::<&'de RawValue>()? {
            if items.len() == self.most {
                *self.full = true;
                return Err(A::Error::custom("too many"));
            }
            items.push(self.bytes.slice_ref(item.get().as_bytes()));
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn texts(body: &str, shape: Shape) -> Result<Vec<String>, Problem> {
        let items = split(&Bytes::copy_from_slice(body.as_bytes()), shape, 3)?;
        Ok(items.iter().map(|item| String::from_utf8(item.to_vec()).unwrap()).collect())
    }

    fn gzip(plain: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn one_a_batch_or_lines_become_items() {
        assert_eq!(texts(r#" {"a":1} "#, Shape::Either).unwrap().len(), 1);
        assert_eq!(texts(r#"[{"a":1}, 2 ,"x"]"#, Shape::Either).unwrap(), [r#"{"a":1}"#, "2", r#""x""#]);
        assert_eq!(texts("{\"a\":1}\r\n\n  {\"b\":2}\n", Shape::Lines).unwrap(), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(texts("[]", Shape::Batch).unwrap(), Vec::<String>::new());
        for (body, shape) in
            [("", Shape::Either), (" \n", Shape::Lines), ("{}", Shape::Batch), ("[1", Shape::Batch), ("[1] 2", Shape::Batch)]
        {
            assert!(matches!(texts(body, shape), Err(Problem::Malformed(_))), "{body}");
        }
    }

    #[test]
    fn a_bad_item_spoils_no_other() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let batch = format!(r#"[{{"a":"\ud800\u0000"}},{deep},{{"b":2}}]"#);
        let items = texts(&batch, Shape::Batch).unwrap();
        assert_eq!((items.len(), items[1].len(), items[2].as_str()), (3, 20_000, r#"{"b":2}"#));
        assert_eq!(texts("{broken\n{\"b\":2}\n", Shape::Lines).unwrap(), ["{broken", r#"{"b":2}"#]);
    }

    #[test]
    fn more_items_than_allowed_are_refused() {
        assert!(matches!(texts("[1,2,3,4]", Shape::Batch), Err(Problem::TooLarge(_))));
        assert!(matches!(texts("1\n2\n3\n4", Shape::Lines), Err(Problem::TooLarge(_))));
        assert_eq!(texts("[1,2,3]", Shape::Batch).unwrap().len(), 3);
    }

    #[test]
    fn compressed_bodies_are_bounded_and_must_be_whole() {
        let plain = b"{\"a\":1}".repeat(100);
        let zipped = [(gzip(&plain), Encoding::Gzip), (zstd::encode_all(&plain[..], 1).unwrap().into(), Encoding::Zstd)];
        for (bytes, encoding) in zipped {
            assert_eq!(inflate(&bytes, encoding, 700).unwrap(), plain);
            assert!(matches!(inflate(&bytes, encoding, 699), Err(Problem::TooLarge(_))));
            let cut = bytes.slice(..bytes.len() - 5);
            let Err(Problem::Malformed(text)) = inflate(&cut, encoding, 700) else {
                panic!("a cut {encoding:?} stream was taken")
            };
            assert!(text.contains("ends early"), "{text}");
            assert!(matches!(inflate(&Bytes::from_static(b"not compressed at all"), encoding, 700), Err(Problem::Malformed(_))));
        }
        let bomb = gzip(&vec![b' '; 64 << 20]);
        assert!(bomb.len() < 1 << 20 && matches!(inflate(&bomb, Encoding::Gzip, 8 << 20), Err(Problem::TooLarge(_))));
    }
}

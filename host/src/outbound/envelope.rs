//! A message as the world sees it: a CloudEvent 1.0 in JSON.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::store::outbox::Message;
use andon_domain::calendar::rfc3339;

/// The media type of the body.
pub const MEDIA_TYPE: &str = "application/cloudevents+json";

#[derive(Serialize)]
struct Envelope<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: &'a RawValue,
}

/// The body of a message of a marketplace. The same message is the same bytes whenever it is sent.
pub fn body(marketplace: &str, message: &Message) -> Result<String, serde_json::Error> {
    let data: &RawValue = serde_json::from_str(&message.data)?;
    serde_json::to_string(&Envelope {
        specversion: "1.0",
        id: message.id.to_string(),
        source: format!("/v1/marketplaces/{marketplace}"),
        kind: format!("andon.{}", message.kind),
        subject: &message.subject,
        time: rfc3339(message.at),
        datacontenttype: "application/json",
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_cloud_event() {
        let message = Message {
            place: 3,
            id: uuid::Uuid::nil(),
            marketplace: 1,
            kind: "enforcement.taken".into(),
            subject: "e-1".into(),
            at: 1_717_156_800_000,
            data: r#"{"merchant":"m","count":1.0}"#.into(),
            confirm: false,
            confirmed: None,
        };
        let expected = concat!(
            r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000000","source":"/v1/marketplaces/olist","#,
            r#""type":"andon.enforcement.taken","subject":"e-1","time":"2024-05-31T12:00:00Z","#,
            r#""datacontenttype":"application/json","data":{"merchant":"m","count":1.0}}"#
        );
        assert_eq!(body("olist", &message).unwrap(), expected);
        assert!(body("olist", &Message { data: "{".into(), ..message }).is_err());
    }
}

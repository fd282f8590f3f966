//! JSON laid out for people: what fits on a line stays on one, but several objects have a line each; members keep the order they came in.

use std::fmt::Write;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Widest line, in characters.
const WIDTH: usize = 130;
const INDENT: usize = 2;

/// Any JSON, its members in their own order.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Node {
    Members(Members),
    Items(Vec<Node>),
    Plain(Value),
}

/// The members of an object.
pub(super) type Members = IndexMap<String, Node>;

impl Node {
    /// What something serialises to; nothing that is laid out here can fail to.
    pub(super) fn of(value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or(Self::Plain(Value::Null))
    }

    /// What it says, where it is a text.
    pub(super) fn word(&self) -> Option<&str> {
        if let Self::Plain(Value::String(text)) = self { Some(text) } else { None }
    }

    /// The text, without a line break at its end.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, 0);
        out
    }

    /// Without members that say nothing: null, and empty lists.
    pub(super) fn bare(self) -> Self {
        let says =
            |node: &Self| !matches!(node, Self::Plain(Value::Null)) && !matches!(node, Self::Items(items) if items.is_empty());
        match self {
            Self::Members(members) => {
                Self::Members(members.into_iter().filter(|(_, node)| says(node)).map(|(key, node)| (key, node.bare())).collect())
            }
            Self::Items(items) => Self::Items(items.into_iter().map(Self::bare).collect()),
            plain @ Self::Plain(_) => plain,
        }
    }

    /// The text with the outermost members or items on lines of their own, for comparing line by line.
    pub(super) fn broken(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, WIDTH);
        out
    }

    /// Writes this behind `used` characters of a line that begins `indent` in.
    fn write(&self, out: &mut String, indent: usize, used: usize) {
        let line = self.line();
        // The character that follows, a comma or bracket, is counted too.
        let fits = indent + used + line.chars().count() < WIDTH && !self.holds_list();
        if fits || self.is_plain() {
            return out.push_str(&line);
        }
        let inner = indent + INDENT;
        let (open, close) = if matches!(self, Self::Items(_)) { ('[', ']') } else { ('{', '}') };
        out.push(open);
        for (i, (key, node)) in self.parts().into_iter().enumerate() {
            let key = key.map(|key| format!("{}: ", Value::from(key))).unwrap_or_default();
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\n{:inner$}{key}", "");
            node.write(out, inner, key.chars().count());
        }
        let _ = write!(out, "\n{:indent$}{close}", "");
    }

    /// Whether there is a list of several objects in it: those are compared line by line, by people and by tools.
    fn holds_list(&self) -> bool {
        let object = |node: &Self| matches!(node, Self::Members(members) if !members.is_empty());
        let is_list = matches!(self, Self::Items(items) if items.len() > 1 && items.iter().any(object));
        is_list || self.parts().iter().any(|(_, node)| node.holds_list())
    }

    fn is_plain(&self) -> bool {
        self.parts().is_empty()
    }

    fn parts(&self) -> Vec<(Option<&str>, &Self)> {
        match self {
            Self::Members(members) => members.iter().map(|(key, node)| (Some(key.as_str()), node)).collect(),
            Self::Items(items) => items.iter().map(|node| (None, node)).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }

    /// On one line, however long.
    fn line(&self) -> String {
        match self {
            Self::Plain(value) => value.to_string(),
            Self::Items(items) => format!("[{}]", items.iter().map(Self::line).collect::<Vec<_>>().join(", ")),
            Self::Members(members) => {
                let member = |(key, node): (&String, &Self)| format!("{}: {}", Value::from(key.as_str()), node.line());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_on_a_line_and_order_is_kept() {
        let node: Node = serde_json::from_str(r#"{ "b":[1,2.5,{}],"a":"x\"y" , "c":null}"#).unwrap();
        assert_eq!(node.text(), r#"{"b": [1, 2.5, {}], "a": "x\"y", "c": null}"#);
        let long = "l".repeat(WIDTH);
        let wide: Node = serde_json::from_str(&format!(r#"{{"z":[{{"a":1}},"{long}"],"y":[]}}"#)).unwrap();
        assert_eq!(wide.text(), format!("{{\n  \"z\": [\n    {{\"a\": 1}},\n    \"{long}\"\n  ],\n  \"y\": []\n}}"));
        assert_eq!(serde_json::from_str::<Node>(&wide.text()).unwrap(), wide);
    }

    #[test]
    fn a_line_is_as_wide_as_it_may_be_and_no_wider() {
        for (spare, lines) in [(0, 1), (1, 3)] {
            let node = Node::Items(vec![Node::Plain(Value::from("w".repeat(WIDTH - 5 + spare)))]);
            assert_eq!(node.text().lines().count(), lines);
        }
    }
}

//! A file of cases: read strictly, and written again with what is expected replaced and all else as its author had it.

use std::collections::BTreeMap;

use andon_domain::manifest::Manifest;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::CaseError;
use super::answer::{Answer, BySubject, Mark, Reading, Verdict};
use super::facts::Facts;
use super::given::{Party, Scalar};
use super::layout::{Members, Node};
use super::words::Moment;
use crate::markets::Override;

/// One case: what is given, and what is expected of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is about.
    pub name: Option<String>,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, Scalar>,
    #[serde(default)]
    pub(super) overrides: BTreeMap<String, Override>,
    pub(super) now: Moment,
    pub(super) time_zone: Option<String>,
    pub(super) currency: Option<String>,
    #[serde(default)]
    pub(super) merchant: Party,
    #[serde(default)]
    pub(super) peers: BTreeMap<String, f64>,
    pub(super) facts: Option<Facts>,
    pub(super) events: Option<Vec<Map<String, Value>>>,
    marks: Option<BySubject<Vec<Mark>>>,
    revisits: Option<BySubject<Moment>>,
    readings: Option<BTreeMap<String, Reading>>,
    verdict: Option<Verdict>,
    error: Option<String>,
}

impl Case {
    /// What is expected; a section that is not there is not compared.
    pub fn expected(&self) -> Answer {
        Answer {
            marks: self.marks.clone(),
            revisits: self.revisits.clone(),
            readings: self.readings.clone(),
            verdict: self.verdict.clone(),
            error: self.error.clone(),
            at_rest: BTreeMap::new(),
        }
    }
}

/// A file's cases.
#[derive(Debug)]
pub struct CaseFile {
    /// In the file's order.
    pub cases: Vec<Case>,
    text: Vec<Members>,
    is_list: bool,
}

impl CaseFile {
    /// Reads a file that holds one case or a list of them.
    pub fn read(text: &str) -> Result<Self, CaseError> {
        let is_list = text.trim_start().starts_with('[');
        let (cases, text) = if is_list { (parse(text)?, parse(text)?) } else { (vec![parse(text)?], vec![parse(text)?]) };
        Ok(Self { cases, text, is_list })
    }

    /// A case as a host gives it, for rules of this manifest, which need not be those that the host has: without what it says of
    /// nothing, and without what these rules do not declare, as a host ignores that too. Says what was left out.
    pub fn from_host(text: &str, manifest: &Manifest) -> Result<(Self, Vec<String>), CaseError> {
        let mut node: Node = parse(text)?;
        let left_out = node.leave_out_unknown(manifest);
        Ok((Self::read(&node.bare().text())?, left_out))
    }

    /// Makes an answer what is expected of the case of this number.
    pub fn accept(&mut self, number: usize, answer: &Answer) {
        let Some(members) = self.text.get_mut(number) else { return };
        for (section, node) in answer.clone().plain(&answer.at_rest).sections() {
            members.shift_remove(section);
            if let Some(node) = node {
                members.insert(section.to_owned(), node);
            }
        }
    }

    /// The file as it is to be written.
    pub fn text(&self) -> String {
        let mut cases = self.text.iter().cloned().map(Node::Members);
        let whole = if self.is_list { Node::Items(cases.collect()) } else { cases.next().unwrap_or(Node::Items(Vec::new())) };
        whole.broken() + "\n"
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, CaseError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        CaseError::at(if path == "." { "case".to_owned() } else { path }, error.into_inner())
    })?;
    json.end().map_err(|error| CaseError::at("case", error))?;
    Ok(value)
}

//! The API's own description, read at run time: every operation, the paths it has for given things, and a body that it accepts.

use serde_json::{Map, Value, json};

/// One operation of the document.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// Its `operationId`.
    pub(super) id: String,
    /// Its method, in capitals.
    pub(super) method: String,
    /// Its path, with parameters in braces.
    pub(super) path: String,
    /// Parameters of the query that must be given.
    pub(super) queries: Vec<String>,
    /// Every parameter of the query.
    pub(super) every_query: Vec<String>,
    /// The least body that its description allows; `None` where it takes none, or none that is JSON.
    pub(super) body: Option<Value>,
}

impl Operation {
    /// Every operation of a document.
    pub(super) fn all(document: &Value) -> Vec<Self> {
        let paths = document["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |o| (path, o)));
        operations.map(|(path, (method, operation))| Self::of(document, path, method, operation)).collect()
    }

    fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let queries = parameters.filter(|p| p["in"] == "query");
        let named = |p: &Value| p["name"].as_str().unwrap().to_owned();
        let schema = operation.pointer("/requestBody/content/application~1json/schema");
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            queries: queries.clone().filter(|p| p["required"] == true).map(named).collect(),
            every_query: queries.map(named).collect(),
            body: schema.map(|schema| least(document, schema)),
        }
    }

    /// Whether it only reads.
    pub(super) fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// The parameters of the path, each as what stands before it and its own name: `merchants/{ref}`.
    pub(super) fn parameters(&self) -> Vec<String> {
        let parts: Vec<&str> = self.path.split('/').collect();
        let pairs = parts.windows(2).filter(|pair| pair[1].starts_with('{'));
        pairs.map(|pair| pair.join("/")).collect()
    }

    /// The path with each parameter filled by what `thing` says of it.
    pub(super) fn filled(&self, thing: impl Fn(&str) -> String) -> String {
        let mut path = self.path.clone();
        for parameter in self.parameters() {
            let (kind, _) = parameter.split_once('/').unwrap();
            path = path.replacen(&parameter, &format!("{kind}/{}", thing(&parameter)), 1);
        }
        path
    }
}

/// The least value that a schema allows: required members only, and of alternatives the first that is something.
fn least(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return least(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[alternatives].as_array().and_then(|all| all.iter().find(|s| s["type"] != "null")) {
            return least(document, first);
        }
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    let kind =
        schema["type"].as_str().or_else(|| schema["type"].as_array()?.iter().find_map(|t| t.as_str().filter(|t| *t != "null")));
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let members = required.map(|name| (name.to_owned(), least(document, &schema["properties"][name])));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Some("array") => json!([]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        _ if schema["format"] == "uuid" => json!("00000000-0000-7000-8000-000000000000"),
        _ if schema["format"] == "date-time" => json!("2024-05-30T00:00:00Z"),
        _ => json!("text"),
    }
}

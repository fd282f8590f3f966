//! What a command says that failed: words for people, and with `--json` one object on standard output for a build server.

use andon_domain::admission::Problem;
use serde_json::{Value, json};

use crate::rules::{ConfigureError, PluginFault, Refusal};

/// Rules that were refused, here or by a host.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub struct Refused {
    /// A stable name for why, where there is one.
    pub code: Option<String>,
    /// All that is wrong, as far as it is known by field.
    pub problems: Vec<Problem>,
    /// All of it for people.
    pub words: String,
}

impl Refused {
    fn of(code: &str, problems: &[Problem], title: &str) -> Self {
        let lines: Vec<_> = problems.iter().map(|p| format!("  {} {}", p.field, p.reason)).collect();
        Self { code: Some(code.to_owned()), problems: problems.to_vec(), words: format!("{title}:\n{}", lines.join("\n")) }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::of(refusal.code(), refusal.problems(), &format!("a host would refuse it ({})", refusal.code()))
    }
}

/// Rules that do not take their own defaults: what they declare is at fault, unless they broke down over it.
impl From<ConfigureError> for Refused {
    fn from(error: ConfigureError) -> Self {
        let (code, field, reason) = match error {
            ConfigureError::Setting { key, why } => ("E_MANIFEST", format!("settings.{key}.default"), why),
            ConfigureError::Fault(fault) => (fault.code(), "configure".to_owned(), fault.to_string()),
        };
        let title = "a host would take it, but no marketplace could use it with its defaults";
        Self::of(code, &[Problem { field, reason }], title)
    }
}

/// A failure that the command's answer holds already.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Answered(pub String);

/// Does a command's work; where it fails without an answer and `json` is wanted, the failure is printed as one.
pub async fn told(json: bool, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let done = work.await;
    if let Err(error) = &done
        && json
        && !error.is::<Answered>()
    {
        println!("{:#}", answer(error));
    }
    done
}

/// `{"accepted": false, "error"}`, with `code` and `problems` where it is the rules that are at fault.
fn answer(error: &anyhow::Error) -> Value {
    let mut answer = json!({"accepted": false, "error": format!("{error:#}")});
    if let Some(refused) = error.downcast_ref::<Refused>() {
        let problems: Vec<_> = refused.problems.iter().map(|p| json!({"field": p.field, "reason": p.reason})).collect();
        answer["problems"] = problems.into();
        if let Some(code) = &refused.code {
            answer["code"] = code.as_str().into();
        }
    } else if let Some(fault) = error.downcast_ref::<PluginFault>() {
        answer["code"] = fault.code().into();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_a_documented_code_where_rules_are_at_fault() {
        let setting = ConfigureError::Setting { key: "days".to_owned(), why: "is odd".to_owned() };
        let said = answer(&Refused::from(setting).into());
        assert_eq!((&said["accepted"], &said["code"]), (&json!(false), &json!("E_MANIFEST")));
        assert_eq!(said["problems"], json!([{"field": "settings.days.default", "reason": "is odd"}]));
        assert_eq!(answer(&Refused::from(ConfigureError::Fault(PluginFault::Fuel)).into())["code"], "E_FUEL");
        assert_eq!(answer(&PluginFault::Stack.into())["code"], "E_STACK");
        let other = anyhow::anyhow!("no such file").context("it cannot be built");
        assert_eq!(answer(&other), json!({"accepted": false, "error": "it cannot be built: no such file"}));
    }
}

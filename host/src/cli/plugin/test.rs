//! `andon plugin test`: every case of a project, through the sandbox and the host's own arithmetic.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use serde::Serialize;

use super::failure::{self, Answered};
use super::from_host::{self, FromHost};
use super::project::{Inspector, Project, Source};
use super::watch;
use crate::cases::{self, CaseFile, Difference};
use crate::rules::Rules;

/// What to test, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Directory of the cases [default: cases in the project]
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// Only cases whose file or name holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Take what the rules answer now for what is expected, and write it into the cases
    #[arg(long)]
    update: bool,
    /// Test again whenever something changes
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// The outcome as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    from_host: FromHost,
}

/// What came of one case.
#[derive(Debug, Serialize)]
struct Tested {
    file: String,
    name: String,
    outcome: Outcome,
    /// Where the answer is not what was expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    /// What is wrong with the case itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Passed,
    Updated,
    Failed,
    /// It cannot be run.
    Broken,
}

/// Tests, prints what came of each case, and fails unless all passed.
pub async fn run(args: Args) -> anyhow::Result<()> {
    failure::told(args.json, test(&args)).await
}

async fn test(args: &Args) -> anyhow::Result<()> {
    let project = args.source.project()?;
    let cases = args.cases.clone().unwrap_or_else(|| project.directory().join("cases"));
    let mut bench = Bench { inspector: Inspector::new()?, built: None };
    if let Some(snapshot) = args.from_host.fetch().await? {
        return from_host::keep(&snapshot, &cases, &bench.rules(&project).await?);
    }
    if !args.watch {
        return bench.test(args, &project, &cases).await;
    }
    let mut changes = watch::changes(project.directory(), &cases)?;
    loop {
        if let Err(error) = bench.test(args, &project, &cases).await {
            eprintln!("error: {error:#}");
        }
        println!("\nWaiting for a change; Ctrl-C ends it.");
        if !changes.wait()? {
            return Ok(());
        }
    }
}

/// Rules as they were built last.
struct Bench {
    inspector: Inspector,
    built: Option<(Vec<u8>, Arc<Rules>)>,
}

impl Bench {
    async fn rules(&mut self, project: &Project) -> anyhow::Result<Arc<Rules>> {
        let component = project.component()?;
        if let Some((_, rules)) = self.built.as_ref().filter(|(built, _)| *built == component) {
            return Ok(rules.clone());
        }
        let rules = self.inspector.admit(&component).await?;
        self.built = Some((component, rules.clone()));
        Ok(rules)
    }

    async fn test(&mut self, args: &Args, project: &Project, directory: &Path) -> anyhow::Result<()> {
        let rules = self.rules(project).await?;
        let mut all = Vec::new();
        for path in files(directory)? {
            all.extend(test_file(args, &rules, directory, &path)?);
        }
        if all.is_empty() {
            bail!(
                "no case to run in {}{}",
                directory.display(),
                args.filter.as_ref().map(|f| format!(" with {f:?}")).unwrap_or_default()
            );
        }
        let count = |outcome| all.iter().filter(|t| t.outcome == outcome).count();
        let (passed, updated) = (count(Outcome::Passed), count(Outcome::Updated));
        let failed = all.len() - passed - updated;
        if args.json {
            let report = serde_json::json!({"passed": passed, "updated": updated, "failed": failed, "cases": all});
            println!("{report:#}");
        } else {
            print!("{}", all.iter().map(told).collect::<String>());
            let updated = if updated > 0 { format!(", {updated} updated") } else { String::new() };
            println!("\n{passed} passed{updated}, {failed} failed");
        }
        if failed > 0 {
            return Err(Answered(format!("{failed} of {} cases failed", all.len())).into());
        }
        Ok(())
    }
}

/// The files of cases, in the order of their paths.
fn files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = open.pop() {
        let entries = directory.read_dir().with_context(|| format!("the cases in {} cannot be read", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn test_file(args: &Args, rules: &Arc<Rules>, directory: &Path, path: &Path) -> anyhow::Result<Vec<Tested>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let shown = path.strip_prefix(directory).unwrap_or(path).display().to_string();
    let wanted = |name: &str| args.filter.as_ref().is_none_or(|part| shown.contains(part) || name.contains(part));
    let mut file = match CaseFile::read(&text) {
        Ok(file) => file,
        Err(error) => {
            let problem = Some(error.to_string());
            let broken = Tested { file: shown, name: String::new(), outcome: Outcome::Broken, differences: Vec::new(), problem };
            return Ok(vec![broken]);
        }
    };
    let mut all = Vec::new();
    for number in 0..file.cases.len() {
        let case = &file.cases[number];
        let name = case.name.clone().unwrap_or_default();
        if !wanted(&name) {
            continue;
        }
        let (outcome, differences, problem) = match cases::run(rules, case) {
            Err(error) => (Outcome::Broken, Vec::new(), Some(error.to_string())),
            Ok(answer) => {
                let differences = answer.differs_from(&case.expected());
                if args.update {
                    file.accept(number, &answer);
                }
                match (differences.is_empty(), args.update) {
                    (true, _) => (Outcome::Passed, differences, None),
                    (false, true) => (Outcome::Updated, Vec::new(), None),
                    (false, false) => (Outcome::Failed, differences, None),
                }
            }
        };
        all.push(Tested { file: shown.clone(), name, outcome, differences, problem });
    }
    let updated = file.text();
    if args.update && updated != text {
        std::fs::write(path, updated).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(all)
}

fn told(tested: &Tested) -> String {
    let word = match tested.outcome {
        Outcome::Passed => "ok     ",
        Outcome::Updated => "updated",
        Outcome::Failed => "FAILED ",
        Outcome::Broken => "BROKEN ",
    };
    let name = if tested.name.is_empty() { String::new() } else { format!(": {}", tested.name) };
    let mut text = format!("{word} {}{name}\n", tested.file);
    // Writing to a string cannot fail.
    for difference in &tested.differences {
        let _ = writeln!(text, "        {} (- expected, + came)", difference.section);
        for line in difference.lines.lines() {
            let _ = writeln!(text, "          {line}");
        }
    }
    if let Some(problem) = &tested.problem {
        let _ = writeln!(text, "        {problem}");
    }
    text
}

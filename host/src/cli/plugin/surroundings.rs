//! Cargo workspaces around a new project. A project is a workspace of its own, with the SDK in it; one that another workspace took
//! in by a pattern would break that one.

use std::path::{Component, Path, PathBuf};

use toml::Table;

/// The manifest of a workspace above `directory` that would count it among its members, by cargo's rule: a pattern of `members`
/// matches it, and nothing in `exclude` holds it. A manifest that cannot be read takes nothing in.
pub(super) fn workspace_around(directory: &Path) -> Option<PathBuf> {
    let directory = real(directory)?;
    let mut manifests = directory.ancestors().skip(1).map(|above| (above, above.join("Cargo.toml")));
    manifests.find(|(root, manifest)| takes_in(root, manifest, &directory)).map(|(_, manifest)| manifest)
}

/// The whole path without links, although its end need not exist yet.
fn real(directory: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(directory).ok()?;
    whole.ancestors().find_map(|above| Some(above.canonicalize().ok()?.join(whole.strip_prefix(above).ok()?)))
}

fn takes_in(root: &Path, manifest: &Path, directory: &Path) -> bool {
    let Some(manifest) = std::fs::read_to_string(manifest).ok().and_then(|text| text.parse::<Table>().ok()) else { return false };
    let Some(workspace) = manifest.get("workspace") else { return false };
    let list = |key: &str| {
        let paths = workspace.get(key).and_then(toml::Value::as_array).into_iter().flatten();
        paths.filter_map(toml::Value::as_str).map(Path::new).collect::<Vec<_>>()
    };
    let Ok(below) = directory.strip_prefix(root) else { return false };
    let (members, excluded) = (list("members"), list("exclude"));
    let holds = |path: &&Path| below.starts_with(plain(path));
    // What is named among the members in so many words is one, excluded or not.
    let is_out = excluded.iter().any(&holds) && !members.iter().any(holds);
    !is_out && members.iter().any(|pattern| matches(&names(pattern), &names(below)))
}

/// A path of a manifest without `.` in it.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

fn names(path: &Path) -> Vec<String> {
    plain(path).iter().map(|name| name.to_string_lossy().into_owned()).collect()
}

/// Whether a pattern matches a path, name by name; `**` stands for any number of names. Classes in brackets match nothing here.
fn matches(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, more)), _) if first == "**" => {
            matches(more, path) || path.split_first().is_some_and(|(_, rest)| matches(pattern, rest))
        }
        (Some((first, more)), Some((name, rest))) => fits(first, name) && matches(more, rest),
        _ => false,
    }
}

/// Whether a pattern matches a name: `*` stands for any characters, `?` for one.
fn fits(pattern: &str, name: &str) -> bool {
    let (mut more, mut rest) = (pattern.chars(), name.chars());
    match (more.next(), rest.next()) {
        (None, None) => true,
        (Some('*'), next) => fits(more.as_str(), name) || (next.is_some() && fits(pattern, rest.as_str())),
        (Some(wanted), Some(found)) => (wanted == '?' || wanted == found) && fits(more.as_str(), rest.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_takes_in_what_its_patterns_match_and_it_does_not_exclude() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let takes = |workspace: &str, directory: &str| {
            std::fs::write(root.join("Cargo.toml"), workspace).unwrap();
            workspace_around(&root.join(directory)).is_some()
        };
        let all = "[workspace]\nmembers = [\"host\", \"./plugins/*\", \"more/**\"]\nexclude = [\"plugins/old\"]\n";
        for (directory, taken) in [
            ("plugins/new", true),
            ("host", true),
            ("more/a/b", true),
            ("plugins/old", false),
            ("plugins/old/new", false),
            ("plugins/new/inner", false),
            ("elsewhere", false),
        ] {
            assert_eq!(takes(all, directory), taken, "{directory}");
        }
        assert!(takes("[workspace]\nmembers = [\"rules-?\", \"r*s\"]\n", "rules-a"));
        assert!(takes("[workspace]\nmembers = [\"rules-?\", \"r*s\"]\n", "rows"));
        assert!(takes("[workspace]\nmembers = [\"a\"]\nexclude = [\"a\"]\n", "a"), "it is named");
        assert!(!takes("[workspace]\n", "a") && !takes("[package]\nname = \"a\"\n", "a") && !takes("no manifest", "a"));
        std::fs::write(root.join("Cargo.toml"), all).unwrap();
        assert_eq!(workspace_around(&root.join("plugins/new")), Some(root.join("Cargo.toml")));
    }
}

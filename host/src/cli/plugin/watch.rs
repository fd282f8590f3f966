//! Notices when files of a project change, and not when building changes what it makes.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// In a project, but never written by its author.
const MADE: [&str; 5] = ["target", "vendor", "node_modules", "dist", ".git"];
/// Editors and checkouts write many files at once; what follows within this time belongs to the same change.
const QUIET: Duration = Duration::from_millis(150);

/// Changes to come.
pub struct Changes {
    changed: Receiver<()>,
    _watcher: RecommendedWatcher,
}

/// Watches a project and its cases.
pub fn changes(project: &Path, cases: &Path) -> anyhow::Result<Changes> {
    let (tell, changed) = channel();
    let root = project.to_owned();
    let is_made = move |path: &Path| {
        let first = path.strip_prefix(&root).ok().and_then(|path| path.iter().next());
        first.is_some_and(|first| MADE.iter().any(|made| first == *made))
    };
    let concerns = move |event: notify::Event| {
        !matches!(event.kind, EventKind::Access(_)) && (event.need_rescan() || event.paths.iter().any(|path| !is_made(path)))
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(&concerns) {
            // Nobody listens any more when the command ends.
            let _ = tell.send(());
        }
    })
    .context("changes cannot be watched")?;
    let mut watch =
        |path: &Path, mode| watcher.watch(path, mode).with_context(|| format!("{} cannot be watched", path.display()));
    watch(project, RecursiveMode::NonRecursive)?;
    for entry in project.read_dir()?.flatten() {
        if entry.path().is_dir() && !MADE.iter().any(|made| entry.file_name() == *made) {
            watch(&entry.path(), RecursiveMode::Recursive)?;
        }
    }
    if cases.is_dir() && !cases.starts_with(project) {
        watch(cases, RecursiveMode::Recursive)?;
    }
    Ok(Changes { changed, _watcher: watcher })
}

impl Changes {
    /// Blocks until something has changed and changes no more; says no when nothing ever will.
    pub fn wait(&self) -> bool {
        if self.changed.recv().is_err() {
            return false;
        }
        while self.changed.recv_timeout(QUIET).is_ok() {}
        true
    }
}

//! Notices when files of a project change, and not when building changes what it makes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
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
    watcher: RecommendedWatcher,
    project: PathBuf,
    cases: PathBuf,
}

/// Watches a project and its cases.
pub fn changes(project: &Path, cases: &Path) -> anyhow::Result<Changes> {
    let (tell, changed) = channel();
    let root = project.to_owned();
    let of_made = move |path: &Path| path.strip_prefix(&root).ok().and_then(|path| path.iter().next()).is_some_and(is_made);
    let concerns = move |event: notify::Event| {
        !matches!(event.kind, EventKind::Access(_)) && (event.need_rescan() || event.paths.iter().any(|path| !of_made(path)))
    };
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(&concerns) {
            // Nobody listens any more when the command ends.
            let _ = tell.send(());
        }
    })
    .context("changes cannot be watched")?;
    let mut changes = Changes { changed, watcher, project: project.to_owned(), cases: cases.to_owned() };
    changes.watch(project, RecursiveMode::NonRecursive)?;
    changes.watch_directories()?;
    Ok(changes)
}

fn is_made(name: &OsStr) -> bool {
    MADE.iter().any(|made| name == *made)
}

impl Changes {
    /// Blocks until something has changed and changes no more; says no when nothing ever will.
    pub fn wait(&mut self) -> anyhow::Result<bool> {
        if self.changed.recv().is_err() {
            return Ok(false);
        }
        while self.changed.recv_timeout(QUIET).is_ok() {}
        // Before anybody looks at what a new directory holds, so that nothing put there is missed.
        self.watch_directories()?;
        Ok(true)
    }

    /// Watches what directories there are by now; one that is watched already is no other for it.
    fn watch_directories(&mut self) -> anyhow::Result<()> {
        let entries = self.project.read_dir().with_context(|| format!("{} cannot be read", self.project.display()))?;
        let own = entries.flatten().filter(|entry| !is_made(&entry.file_name())).map(|entry| entry.path());
        let elsewhere = Some(self.cases.clone()).filter(|cases| !cases.starts_with(&self.project));
        for path in own.chain(elsewhere).filter(|path| path.is_dir()).collect::<Vec<_>>() {
            match self.watch(&path, RecursiveMode::Recursive) {
                // It may be gone again.
                Err(error) if path.is_dir() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> anyhow::Result<()> {
        self.watcher.watch(path, mode).with_context(|| format!("{} cannot be watched", path.display()))
    }
}

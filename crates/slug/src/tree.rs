//! What the archive has put where so far.
//!
//! Everything an entry may not do to another is decided here, before anything is written: use a name
//! twice, lie below a file or a link, or be a link that leads out.

use std::collections::HashMap;

use crate::{
    Error, Refusal,
    error::shown,
    name::{EntryPath, Target},
};

/// Links of this kind are rare, and each one has to be remembered until the end.
const UNCLEAR_LINKS_MAX: usize = 4096;

const ROOT: usize = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
    Symlink,
}

struct Node {
    kind: Kind,
    children: HashMap<Box<str>, usize>,
}

/// A link that can only be judged when the tree is complete.
pub(crate) struct UnclearLink {
    pub(crate) path: EntryPath,
    pub(crate) target: String,
}

/// Which names are taken, and by what.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    entries: u64,
    entries_max: u64,
    directories: u64,
    unclear: Vec<UnclearLink>,
}

impl Tree {
    pub(crate) fn new(entries_max: u64) -> Self {
        let root = Node { kind: Kind::Directory, children: HashMap::new() };
        Self { nodes: vec![root], entries: 0, entries_max, directories: 0, unclear: Vec::new() }
    }

    /// Directories so far, with those that only their children name.
    pub(crate) fn directories(&self) -> u64 {
        self.directories
    }

    /// Counts one entry, whatever becomes of it.
    pub(crate) fn count(&mut self) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.entries_max {
            return Err(Error::TooManyEntries { limit: self.entries_max });
        }
        Ok(())
    }

    /// Takes a directory; one may be named again and again.
    pub(crate) fn add_directory(&mut self, path: &EntryPath) -> Result<(), Error> {
        if path.is_root() {
            return Ok(());
        }
        let parent = self.parent(path)?;
        match self.child(parent, path.split().1) {
            Some(node) if self.nodes[node].kind == Kind::Directory => {}
            Some(_) => return Err(Error::entry(path.as_str().as_bytes(), Refusal::Duplicate)),
            None => {
                self.insert(parent, path.split().1, Kind::Directory);
            }
        }
        Ok(())
    }

    /// Takes a file.
    pub(crate) fn add_file(&mut self, path: &EntryPath) -> Result<(), Error> {
        self.add_leaf(path, Kind::File)
    }

    /// Takes a link. Returns whether it may be made now; if not, [`Tree::finish`] hands it back.
    pub(crate) fn add_symlink(&mut self, path: &EntryPath, target: &Target) -> Result<bool, Error> {
        self.add_leaf(path, Kind::Symlink)?;
        if target.is_unclear {
            if self.unclear.len() == UNCLEAR_LINKS_MAX {
                let reason = Refusal::TooManyUnclearTargets(UNCLEAR_LINKS_MAX);
                return Err(Error::entry(path.as_str().as_bytes(), reason));
            }
            self.unclear.push(UnclearLink { path: path.clone(), target: target.text.clone() });
        }
        Ok(!target.is_unclear)
    }

    /// Judges the links that had to wait, now that the tree is complete.
    pub(crate) fn finish(self) -> Result<Vec<UnclearLink>, Error> {
        for link in &self.unclear {
            if !self.goes_up_from_directories_only(link) {
                let reason = Refusal::UnclearTarget(shown(link.target.as_bytes()));
                return Err(Error::entry(link.path.as_str().as_bytes(), reason));
            }
        }
        Ok(self.unclear)
    }

    fn add_leaf(&mut self, path: &EntryPath, kind: Kind) -> Result<(), Error> {
        if path.is_root() {
            return Err(Error::entry(b".", Refusal::RootNotDirectory));
        }
        let parent = self.parent(path)?;
        if self.child(parent, path.split().1).is_some() {
            return Err(Error::entry(path.as_str().as_bytes(), Refusal::Duplicate));
        }
        self.insert(parent, path.split().1, kind);
        Ok(())
    }

    /// The directory the path lies in, made when no entry named it.
    fn parent(&mut self, path: &EntryPath) -> Result<usize, Error> {
        let mut node = ROOT;
        let mut walked = 0;
        for component in path.split().0.split('/').filter(|component| !component.is_empty()) {
            walked += component.len() + 1;
            node = match self.child(node, component) {
                Some(child) => child,
                None => {
                    self.count()?;
                    self.insert(node, component, Kind::Directory)
                }
            };
            let blocker = || shown(&path.as_str().as_bytes()[..walked - 1]);
            let reason = match self.nodes[node].kind {
                Kind::Directory => continue,
                Kind::File => Refusal::BelowFile(blocker()),
                Kind::Symlink => Refusal::BelowSymlink(blocker()),
            };
            return Err(Error::entry(path.as_str().as_bytes(), reason));
        }
        Ok(node)
    }

    fn child(&self, parent: usize, name: &str) -> Option<usize> {
        self.nodes[parent].children.get(name).copied()
    }

    fn insert(&mut self, parent: usize, name: &str, kind: Kind) -> usize {
        let node = self.nodes.len();
        self.directories += u64::from(kind == Kind::Directory);
        self.nodes.push(Node { kind, children: HashMap::new() });
        self.nodes[parent].children.insert(name.into(), node);
        node
    }

    /// Whether every `..` of the target is taken in a real directory, where up means what it says.
    fn goes_up_from_directories_only(&self, link: &UnclearLink) -> bool {
        // The directories from the root to where the target has led; `None` at the end for
        // something that is not one.
        let mut trail = vec![Some(ROOT)];
        let parents = link.path.split().0.split('/');
        for component in parents.chain(link.target.split('/')) {
            match component {
                "" | "." => {}
                ".." => {
                    if trail.pop().flatten().is_none() || trail.is_empty() {
                        return false;
                    }
                }
                name => {
                    let child = trail.last().copied().flatten().and_then(|node| self.child(node, name));
                    trail.push(child.filter(|child| self.nodes[*child].kind == Kind::Directory));
                }
            }
        }
        true
    }
}

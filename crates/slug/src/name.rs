//! Names and link targets, as the archive spells them, to clean paths below the root.

use crate::{Limits, Refusal, error::shown};

/// What every file system takes for one component.
const COMPONENT_BYTES_MAX: usize = 255;

/// A path below the archive's root: no empty, `.` or `..` component. The root itself is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryPath(String);

impl EntryPath {
    /// Cleans the name of an entry or says why it is refused.
    pub(crate) fn clean(raw: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let text = text("name", raw, limits)?;
        if text.is_empty() {
            return Err(Refusal::EmptyName);
        }
        if text.starts_with('/') {
            return Err(Refusal::Absolute);
        }
        let mut clean = String::with_capacity(text.len());
        let mut depth = 0;
        for component in text.split('/') {
            match component {
                "" | "." => continue,
                ".." => return Err(Refusal::ParentComponent),
                _ => {}
            }
            if component.len() > COMPONENT_BYTES_MAX {
                return Err(Refusal::TooLong { what: "name component", limit_bytes: COMPONENT_BYTES_MAX });
            }
            depth += 1;
            if depth > limits.depth_max {
                return Err(Refusal::TooDeep { limit: limits.depth_max });
            }
            if !clean.is_empty() {
                clean.push('/');
            }
            clean.push_str(component);
        }
        Ok(Self(clean))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// The path of the directory it lies in, and its last component.
    pub(crate) fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }

    /// Files that packers add for their own purposes: macOS's metadata twins and git's comment.
    pub(crate) fn is_packers_own(&self) -> bool {
        self.split().1.starts_with("._") || self.0 == "pax_global_header"
    }
}

/// Where a symbolic link points; kept as the archive spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) text: String,
    /// It goes down and up again (`a/../b`), so where it leads depends on what `a` is.
    pub(crate) is_unclear: bool,
}

impl Target {
    /// Checks the target of the link at `link` lexically.
    ///
    /// A target that first goes up and then only down cannot leave the root whatever it passes
    /// through: links lie in real directories, and every link on the way obeys the same rule. Only a
    /// target that goes up after going down needs the finished tree to judge.
    pub(crate) fn check(raw: &[u8], link: &EntryPath, limits: &Limits) -> Result<Self, Refusal> {
        let text = text("link target", raw, limits)?;
        if text.is_empty() {
            return Err(Refusal::EmptyTarget);
        }
        if text.starts_with('/') {
            return Err(Refusal::AbsoluteTarget(shown(raw)));
        }
        let mut depth = link.components().count().saturating_sub(1);
        let mut went_down = false;
        let mut is_unclear = false;
        for component in text.split('/') {
            match component {
                "" | "." => {}
                ".." => {
                    depth = depth.checked_sub(1).ok_or_else(|| Refusal::EscapingTarget(shown(raw)))?;
                    is_unclear |= went_down;
                }
                _ => {
                    depth += 1;
                    went_down = true;
                }
            }
        }
        Ok(Self { text: text.to_owned(), is_unclear })
    }
}

fn text<'a>(what: &'static str, raw: &'a [u8], limits: &Limits) -> Result<&'a str, Refusal> {
    if raw.len() > limits.path_bytes() {
        return Err(Refusal::TooLong { what, limit_bytes: limits.path_bytes() });
    }
    if raw.contains(&0) {
        return Err(Refusal::Nul(what));
    }
    std::str::from_utf8(raw).map_err(|_| Refusal::NotUtf8(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(raw: &str) -> Result<String, Refusal> {
        EntryPath::clean(raw.as_bytes(), &Limits::default()).map(|path| path.0)
    }

    fn target(link: &str, raw: &str) -> Result<bool, Refusal> {
        let limits = Limits::default();
        let link = EntryPath::clean(link.as_bytes(), &limits).unwrap();
        Target::check(raw.as_bytes(), &link, &limits).map(|target| target.is_unclear)
    }

    #[test]
    fn names_are_cleaned() {
        assert_eq!(clean("./a//b/./c/"), Ok("a/b/c".to_owned()));
        assert_eq!(clean("./"), Ok(String::new()));
        assert_eq!(clean("..a/b.."), Ok("..a/b..".to_owned()));
        assert_eq!(clean("a/../b"), Err(Refusal::ParentComponent));
        assert_eq!(clean("/a"), Err(Refusal::Absolute));
        assert_eq!(clean(""), Err(Refusal::EmptyName));
        assert_eq!(clean("a\0b"), Err(Refusal::Nul("name")));
        assert!(matches!(clean(&"a".repeat(256)), Err(Refusal::TooLong { what: "name component", .. })));
        assert!(matches!(clean(&"a/".repeat(65)), Err(Refusal::TooDeep { limit: 64 })));
        assert!(clean(&"a/".repeat(64)).is_ok());
    }

    #[test]
    fn targets_stay_inside() {
        assert_eq!(target("a/b/link", "../../c"), Ok(false));
        assert_eq!(target("a/link", ".."), Ok(false));
        assert_eq!(target("a/b/link", "c/../../d"), Ok(true));
        assert!(matches!(target("link", ".."), Err(Refusal::EscapingTarget(_))));
        assert!(matches!(target("a/link", "../b/../../c"), Err(Refusal::EscapingTarget(_))));
        assert!(matches!(target("link", "/etc/passwd"), Err(Refusal::AbsoluteTarget(_))));
        assert_eq!(target("link", ""), Err(Refusal::EmptyTarget));
    }

    #[test]
    fn packers_own_files_are_known() {
        for (name, own) in [("a/._b", true), ("._b", true), ("pax_global_header", true), ("a/.b", false)] {
            assert_eq!(EntryPath::clean(name.as_bytes(), &Limits::default()).unwrap().is_packers_own(), own);
        }
    }
}

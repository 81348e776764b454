//! How many processes a phase may have, and how much memory all of them together: a control group of its own.
//!
//! Version 1 has a tree for each controller, version 2 one for all. In version 2 a group that holds processes hands
//! no controllers to groups below it, so the group is made below this process's own or else beside it: a service
//! manager gives the place with `Delegate=yes` and `DelegateSubgroup=server` (systemd).

use std::{fs, io, thread, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{job::Folder, supervisor::spec::Spec};

/// A group is gone when its last process is reaped; that takes a moment.
const REMOVE_TRIES: u32 = 50;
const REMOVE_PAUSE: Duration = Duration::from_millis(2);

const PROCESSES: &str = "pids";
const MEMORY: &str = "memory";

/// What could be limited, and where not, why.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) processes: io::Result<()>,
    pub(super) memory: io::Result<()>,
}

/// The group of one job. It may not exist, wholly or in part.
#[derive(Debug)]
pub(crate) struct Group {
    name: String,
    trees: Vec<Tree>,
}

/// Where one controller's groups are made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tree {
    controller: &'static str,
    is_unified: bool,
    /// This process's own group.
    own: Utf8PathBuf,
}

impl Group {
    /// The group of a job, as seen from a process that is not in it.
    pub(crate) fn of(folder: &Folder) -> Self {
        let name = folder.root().file_name().unwrap_or("job");
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let trees = trees(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
        Self { name: format!("terrane-{name}"), trees }
    }

    /// Makes the group, sets its limits and moves this process into it, with all that it starts later. The process must
    /// have a single thread.
    pub(super) fn enter(&self, spec: &Spec) -> Entered {
        Entered {
            processes: self.enter_controller(PROCESSES, spec.processes_max),
            memory: self.enter_controller(MEMORY, spec.memory_bytes_max),
        }
    }

    fn enter_controller(&self, controller: &str, limit: u64) -> io::Result<()> {
        let tree = self.trees.iter().find(|tree| tree.controller == controller);
        let missing = || io::Error::other(format!("there is no {controller} controller"));
        self.enter_tree(tree.ok_or_else(missing)?, limit)
    }

    fn enter_tree(&self, tree: &Tree, limit: u64) -> io::Result<()> {
        let mut outcome = Err(io::Error::other("there is no control group of its own"));
        for parent in tree.parents() {
            let group = parent.join(&self.name);
            outcome = make(tree, &parent, &group).and_then(|()| {
                fs::write(group.join(tree.limit_file()), limit.to_string())?;
                fs::write(group.join(tree.members_file()), "0")
            });
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Whether the kernel has ended a process of the group because the memory was used up.
    pub(crate) fn was_out_of_memory(&self) -> bool {
        self.places().any(|(tree, group)| {
            let file = if tree.is_unified { "memory.events" } else { "memory.oom_control" };
            let text = fs::read_to_string(group.join(file)).unwrap_or_default();
            text.lines().filter_map(|line| line.strip_prefix("oom_kill ")).any(|count| count != "0")
        })
    }

    /// Removes the group once nothing is in it any more.
    pub(crate) fn remove(&self) {
        for (_, group) in self.places() {
            for _ in 0..REMOVE_TRIES {
                match fs::remove_dir(&group) {
                    Err(error) if error.kind() == io::ErrorKind::ResourceBusy => thread::sleep(REMOVE_PAUSE),
                    // Removed, or never made.
                    _ => break,
                }
            }
        }
    }

    fn places(&self) -> impl Iterator<Item = (&Tree, Utf8PathBuf)> {
        self.trees
            .iter()
            .flat_map(move |tree| tree.parents().map(move |parent| (tree, parent.join(&self.name))))
    }
}

impl Tree {
    fn parents(&self) -> impl Iterator<Item = Utf8PathBuf> + use<> {
        let beside = if self.is_unified { self.own.parent().map(Utf8Path::to_owned) } else { None };
        [Some(self.own.clone()), beside].into_iter().flatten()
    }

    /// Where this process, which has one thread, enters. In version 1 a thread that moves itself does not wait for the
    /// lock that a move of a whole process takes: the kernel holds that one for 6 to 16 ms.
    fn members_file(&self) -> &'static str {
        if self.is_unified { "cgroup.procs" } else { "tasks" }
    }

    fn limit_file(&self) -> &'static str {
        match (self.controller, self.is_unified) {
            (PROCESSES, _) => "pids.max",
            (_, true) => "memory.max",
            (_, false) => "memory.limit_in_bytes",
        }
    }
}

fn make(tree: &Tree, parent: &Utf8Path, group: &Utf8Path) -> io::Result<()> {
    if tree.is_unified {
        fs::write(parent.join("cgroup.subtree_control"), format!("+{}", tree.controller))?;
    }
    match fs::create_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Finds the place of each controller in the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn trees(own_groups: &str, mounts: &str) -> Vec<Tree> {
    let found = [PROCESSES, MEMORY].into_iter().filter_map(|controller| {
        let has_controller = |names: &str| names.split(',').any(|name| name == controller);
        let of_version_1 =
            mount(mounts, "cgroup", Some(controller)).zip(own_path(own_groups, has_controller));
        let is_unified = of_version_1.is_none();
        let of_version_2 = || mount(mounts, "cgroup2", None).zip(own_path(own_groups, str::is_empty));
        let ((mount_root, mount_point), path) = of_version_1.or_else(of_version_2)?;
        // In a container the mount may show only a part of the tree.
        let below = path.strip_prefix(mount_root.trim_end_matches('/')).unwrap_or(path);
        let own = Utf8Path::new(mount_point).join(below.trim_start_matches('/'));
        Some(Tree { controller, is_unified, own })
    });
    found.collect()
}

/// The path in the line `8:pids,other:/path` that names the right controllers.
fn own_path(groups: &str, is_right: impl Fn(&str) -> bool) -> Option<&str> {
    groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        is_right(controllers).then_some(path)
    })
}

/// Root and point of the first mount of this kind: `36 35 0:30 /root /point options - kind source super,options`.
fn mount<'a>(mounts: &'a str, kind: &str, controller: Option<&str>) -> Option<(&'a str, &'a str)> {
    mounts.lines().find_map(|line| {
        let (place, source) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let mut source = source.split(' ');
        let is_kind = source.next()? == kind;
        let options = source.nth(1).unwrap_or_default();
        let is_right = controller.is_none_or(|name| options.split(',').any(|option| option == name));
        (is_kind && is_right).then_some((place.next()?, place.next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::{Tree, trees};
    use camino::Utf8Path;

    const MOUNTS: &str = "\
        30 24 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
        31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
        32 30 0:28 /docker/abc /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids\n\
        33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

    fn own(tree: &Tree) -> (&str, bool, &Utf8Path) {
        (tree.controller, tree.is_unified, &tree.own)
    }

    #[test]
    fn a_tree_for_each_controller_of_version_1() {
        let found = trees("8:pids:/docker/abc/x\n4:cpu,memory:/api/1\n0::/\n", MOUNTS);
        assert_eq!(own(&found[0]), ("pids", false, Utf8Path::new("/sys/fs/cgroup/pids/x")));
        assert_eq!((found[1].limit_file(), found[1].members_file()), ("memory.limit_in_bytes", "tasks"));
        assert_eq!(own(&found[1]), ("memory", false, Utf8Path::new("/sys/fs/cgroup/memory/api/1")));
    }

    #[test]
    fn one_tree_of_version_2_with_a_place_beside() {
        let mounts = "33 30 0:29 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = trees("0::/system.slice/terrane.service/server\n", mounts);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|tree| tree.is_unified));
        let parents: Vec<_> = found[0].parents().collect();
        let base = "/sys/fs/cgroup/system.slice/terrane.service";
        assert_eq!(parents, [format!("{base}/server"), base.to_owned()]);
        assert_eq!((found[1].limit_file(), found[1].members_file()), ("memory.max", "cgroup.procs"));
    }

    #[test]
    fn none_at_all() {
        assert_eq!(trees("", ""), []);
        assert_eq!(trees("nonsense\n0::/\n", "nonsense\n - \n"), []);
    }
}

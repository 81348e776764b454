//! The process that restricts itself and then runs the engine's commands as its children.
//!
//! | part | what it does | without it |
//! |---|---|---|
//! | pid namespace | the engine sees and ends only its own processes; all of them end with process 1 | the supervisor finds what is left by `/proc` |
//! | Landlock | files outside of the job's folder and the system's libraries cannot be opened | nothing of files is restricted |
//! | `no_new_privs`, no capabilities | set-id programs and being root give no power | |
//! | control group | a limit on processes, and on the memory of all of them together | |
//! | limits | no core dumps; 4096 open files, 4 GiB a file, data of each process | |
//!
//! Where one cannot be had the phase says so in the first lines of its log, or is refused on demand.
//!
//! | module | holds |
//! |---|---|
//! | `init` | the process itself |
//! | `steps` | runs the commands one after the other |
//! | `files` | Landlock |
//! | `cgroup` | the control group |
//! | `limits` | limits, privileges |

mod cgroup;
mod files;
mod init;
mod limits;
mod steps;

pub(crate) use cgroup::Group;
pub use init::sandbox_init;

/// Tells the sandbox in its environment why it has no pid namespace.
pub(crate) const NO_PID_NAMESPACE: &str = "TERRANE_NO_PID_NAMESPACE";

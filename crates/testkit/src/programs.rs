//! Programs the tests start: this build's own, and the real engines.

use camino::Utf8PathBuf;
use std::env;

/// A program of this build, such as `terrane` or `fake-engine`.
///
/// # Panics
/// When it has not been built: tests of other crates than its own cannot ask cargo for it.
pub fn built(name: &str) -> Utf8PathBuf {
    let test = Utf8PathBuf::try_from(env::current_exe().expect("a test has a program"))
        .expect("target paths are UTF-8");
    let folder = test
        .ancestors()
        .find(|folder| folder.join("deps").is_dir())
        .expect("tests run from target/<profile>/deps");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{program} is missing: build it with `cargo build --workspace --all-targets` before the tests"
    );
    program
}

/// A real engine: the program a variable names, else the one on the PATH.
///
/// # Panics
/// When there is none: a test that cannot run is a failure.
pub fn real(name: &str, variable: &str) -> Utf8PathBuf {
    if let Ok(path) = env::var(variable)
        && !path.is_empty()
    {
        return path.into();
    }
    let found = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .filter_map(|folder| Utf8PathBuf::try_from(folder.join(name)).ok())
        .find(|program| program.is_file());
    found.unwrap_or_else(|| {
        panic!("the tests need the real {name}: put it on the PATH or name it with {variable} (`make test` does for tofu)")
    })
}

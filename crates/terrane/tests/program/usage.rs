//! Misuse of the command line: exit code 2, and the way to the help.

use crate::process::{run, terrane};

#[test]
fn misuse_ends_with_2_and_leads_to_the_help() {
    let cases: &[&[&str]] = &[
        &[],
        &["serve"],
        &["server", "--lisen", "127.0.0.1:0"],
        &["server", "--listen"],
        &["server", "--listen", "everywhere"],
        &["server", "--agent-slots", "many"],
        &["server", "--sandbox", "none"],
        &["server", "--lease", "soon"],
        &["server", "--lease", "30"],
        &["server", "--lease=-30s"],
        &["server", "surplus"],
        &["admin"],
        &["admin", "token"],
        &["demo", "--listen", "8080"],
    ];
    for arguments in cases {
        let ended = run(terrane(arguments));
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("--help") || ended.stderr.contains("Usage: terrane"), "{ended:?}");
        assert!(ended.stdout.is_empty(), "{ended:?}");
    }
}

#[test]
fn a_variable_that_cannot_be_read_is_misuse_too() {
    let mut command = terrane(&["server"]);
    command.env("TERRANE_AGENT_SLOTS", "many");
    let ended = run(command);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("many") && ended.stderr.contains("--agent-slots"), "{ended:?}");
}

#[test]
fn misuse_shows_no_secret() {
    let url = "postgres://ada:hunter2@db/terrane";
    let cases: &[&[&str]] = &[
        &["server", "--database-url", url, "--lisen", "127.0.0.1:0"],
        &["server", "--database-ulr", url],
        &["server", &format!("--database-ulr={url}")],
        &["server", "--database-url", url, "--database-url", url],
        &["server", "--help"],
    ];
    for arguments in cases {
        let mut command = terrane(arguments);
        command.env("TERRANE_DATABASE_URL", url).env("TERRANE_BLOB_URL", "s3://ada:hunter2@bucket");
        run(command).without(&["hunter2"]);
    }
}

#[test]
fn help_and_version_are_no_misuse() {
    for arguments in [&["--help"][..], &["--version"], &["server", "--help"], &["admin", "token", "--help"]] {
        let ended = run(terrane(arguments));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!ended.stdout.is_empty());
    }
    // What only the program itself starts is not shown.
    assert!(!run(terrane(&["--help"])).stdout.contains("supervise"));
}

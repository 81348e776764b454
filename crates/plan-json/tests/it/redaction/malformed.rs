//! Documents that are almost a plan: an error, or hidden; never anything unredacted.

use std::io::{self, Cursor, Write};

use proptest::{collection::vec, prelude::*};
use terrane_plan_json::{Error, Known, Redaction, SecretForms, redact};

const SECRET: &str = "hunter2hunter";

/// What was written, even by a pass that failed.
fn run(plan: &[u8]) -> (Result<Redaction, Error>, String) {
    let (mut known, mut forms, mut output) = (Known::default(), SecretForms::default(), Vec::new());
    forms.add_text(SECRET);
    known.add_forms(&forms);
    let done = redact(Cursor::new(plan), None::<Cursor<&[u8]>>, &known, &mut output);
    (done, String::from_utf8_lossy(&output).into_owned())
}

/// A plan whose only change is this one.
fn with_change(change: &str) -> String {
    format!(
        r#"{{"format_version":"1.2","resource_changes":[{{"address":"a","mode":"managed","type":"t",
        "name":"n","provider_name":"p","change":{change}}}],"output_changes":{{"o":{{"actions":["create"],
        "before":null,"after":"{SECRET}","before_sensitive":false,"after_sensitive":true}}}},"configuration":{{}}}}"#
    )
}

#[test]
fn what_is_not_a_plan_is_refused_with_a_reason() {
    for (plan, reason) in [
        (r#"{"format_version":"9.0","configuration":{}}"#, "format version 9.0"),
        (r#"{"configuration":{}}"#, "no format_version"),
        (r#"{"format_version":"1.2"}"#, "not a plan"),
        (r#"{"format_version":"1.2","resource_changes":[],"resource_changes":[]}"#, "twice"),
        (r#"{"format_version":"1.2","resource_changes":[{"mode":"managed"}]}"#, "no change"),
        (r#"{"format_version":"1.2","resource_changes":[{}]}"#, "no mode"),
        (r#"{"format_version":"1.2","resource_changes":[1]}"#, "not an object"),
        (r#"{"format_version":"1.2","resource_changes":{}}"#, "not an array"),
        (r#"{"format_version":"1.2","configuration":[]}"#, "not an object"),
        (&with_change(r#"{"before":1,"before":2}"#), "a key is repeated"),
        (&with_change(r#"{"after":{"a":tru},"after_sensitive":{}}"#), "not JSON"),
        (&with_change("{\"after\":{\"a\":\"\u{1}\"},\"after_sensitive\":{}}"), "not JSON"),
    ] {
        let (done, output) = run(plan.as_bytes());
        let error = done.unwrap_err();
        assert!(error.to_string().contains(reason), "{plan}: {error}");
        assert!(!output.contains(SECRET) && !format!("{error:?}").contains(SECRET));
    }
    let mut bytes = with_change(r#"{"after":{"a":"x"},"after_sensitive":{}}"#).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'x').unwrap();
    bytes[at] = 0xff;
    assert!(run(&bytes).0.unwrap_err().to_string().contains("not UTF-8"));
}

#[test]
fn nesting_has_a_limit() {
    for depth in [300, 10_000, 1_000_000] {
        let deep = format!("{}\"{SECRET}\"{}", "[".repeat(depth), "]".repeat(depth));
        let nested = serde_json::to_string(&deep).unwrap();
        for plan in [
            with_change(&format!(r#"{{"after":{deep},"after_sensitive":true}}"#)),
            with_change(&format!(r#"{{"after":"x","after_sensitive":{deep}}}"#)),
            format!(r#"{{"format_version":"1.2","configuration":{{}},"prior_state":{{"values":{deep}}}}}"#),
        ] {
            let (done, output) = run(plan.as_bytes());
            assert!(matches!(done, Err(Error::TooDeep { .. })), "{depth}: {done:?}");
            assert!(!output.contains(SECRET));
        }
        // JSON in a text may be as deep as it likes.
        let plan = with_change(&format!(r#"{{"after":{nested},"after_sensitive":true}}"#));
        let (done, output) = run(plan.as_bytes());
        assert!(done.is_ok() && !output.contains(SECRET), "{depth}: {done:?}");
        let modules = r#"{"child_modules":["#.repeat(depth / 2);
        let plan = format!(r#"{{"format_version":"1.2","planned_values":{{"root_module":{modules}"#);
        assert!(matches!(run(plan.as_bytes()).0, Err(Error::TooDeep { .. })));
    }
}

#[test]
fn half_surrogate_pairs_hide_nothing() {
    let plan = with_change(
        r#"{"actions":["\ud800"],"before":{"\ud800":"\udc00","b":"\ud800 hunter2\u0068unter"},
        "after":{"\ud800k":"\ud800hunter2hunter","m\ud800":{"\ud800":"hunter2hunter\udc00"}},
        "before_sensitive":{"\ud800":true},"after_sensitive":{"m\ud800":{"\ud800":true}}}"#,
    );
    let (done, output) = run(plan.as_bytes());
    assert!(done.is_ok(), "{done:?}");
    assert!(!output.contains("hunter"), "{output}");
}

#[test]
fn a_repeated_key_does_not_uncover_its_first_value() {
    let plan = with_change(
        r#"{"after":{"a":"s1","a":"s2","\u0061":"s3"},"after_sensitive":{"a":true},"before":{"b":"s4"},
        "before_sensitive":{"b":true,"b":false}}"#,
    );
    let (done, output) = run(plan.as_bytes());
    assert!(done.is_ok(), "{done:?}");
    for secret in ["s1", "s2", "s3", "s4"] {
        assert!(!output.contains(&format!("\"{secret}\"")), "{output}");
    }
}

#[test]
fn a_writer_that_fails_is_not_the_documents_fault() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let plan = with_change(r#"{"after":null,"after_sensitive":false}"#);
    let done = redact(Cursor::new(plan), None::<Cursor<&str>>, &Known::default(), Full);
    let error = done.unwrap_err();
    assert!(matches!(&error, Error::Write(cause) if cause.kind() == io::ErrorKind::StorageFull));
    assert!(!error.is_document_fault());
}

fn plan_with_a_secret() -> String {
    let value = format!(r#"{{"a":["{SECRET}",1],"b":{{"c":"x {SECRET}"}},"d":"s\"ecret"}}"#);
    with_change(&format!(
        r#"{{"actions":["update"],"before":{value},"after":{value},"before_sensitive":{{"a":[true,false]}},
        "after_sensitive":{{"a":[true,false],"d":true}}}}"#
    ))
}

proptest! {
    #[test]
    fn a_cut_plan_is_refused(cut in any::<prop::sample::Index>()) {
        let plan = plan_with_a_secret();
        let (done, output) = run(&plan.as_bytes()[..cut.index(plan.len())]);
        prop_assert!(done.is_err());
        prop_assert!(!output.contains(SECRET));
    }

    #[test]
    fn a_damaged_plan_does_no_harm(damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut plan = plan_with_a_secret().into_bytes();
        for (at, byte) in damage {
            let at = at.index(plan.len());
            plan[at] = byte;
        }
        let (done, output) = run(&plan);
        prop_assert!(!output.contains(SECRET), "{done:?}: {output}");
        if done.is_ok() {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&output).is_ok(), "{output}");
        }
    }

    #[test]
    fn any_json_like_text_does_no_harm(text in r#"["\\{}\[\],:a0-9tn. ]{0,100}"#) {
        let change = format!(r#"{{"after":{{{text}}},"after_sensitive":{{}}}}"#);
        let (done, output) = run(with_change(&change).as_bytes());
        prop_assert!(done.is_err() || serde_json::from_str::<serde::de::IgnoredAny>(&output).is_ok(), "{output}");
    }
}

//! States of a state version and the rules by which a new one is taken (api-contract section 7, section 20 row 3).

use crate::text_enum::text_enum;

text_enum! {
    /// Where a state version stands.
    pub enum StateVersionStatus {
        /// Waits for its bytes.
        Pending = "pending",
        /// Has them.
        Finalized = "finalized",
        /// Another one was made before its bytes came.
        Discarded = "discarded",
    }
}

/// What the rules look at of a state version that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its serial, as its writer said.
    pub serial: i64,
    /// Its lineage; `None` when nobody ever said one.
    pub lineage: Option<&'a str>,
    /// Hex digits of its bytes' MD5, in lower case.
    pub md5: &'a str,
}

/// What a writer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The new serial.
    pub serial: i64,
    /// The lineage, where the writer says one.
    pub lineage: Option<&'a str>,
    /// Hex digits of the bytes' MD5, in lower case.
    pub md5: &'a str,
    /// `state push -force`: neither serial nor lineage are looked at.
    pub force: bool,
    /// The bytes come with the request.
    pub is_inline: bool,
}

/// What becomes of a request to write state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A new state version.
    New,
    /// The one that waits already: the client has not seen its answer and asks again.
    Repeat,
    /// The lineage is another one.
    OtherLineage,
    /// The serial is lower than the current one.
    Behind,
    /// The serial is the current one, the bytes are not.
    Fork,
}

/// Holds a request against the workspace's current state version and the one that waits for its bytes. The caller has
/// the workspace's row, so that neither changes before the answer is written.
pub fn judge(current: Option<Known<'_>>, pending: Option<Known<'_>>, asked: &Asked<'_>) -> Verdict {
    let same_lineage = |known: &Known<'_>| match (known.lineage, asked.lineage) {
        (Some(known), Some(asked)) => known == asked,
        _ => true,
    };
    if let Some(pending) = pending
        && !asked.is_inline
        && (pending.serial, pending.md5) == (asked.serial, asked.md5)
        && same_lineage(&pending)
    {
        return Verdict::Repeat;
    }
    match current {
        Some(_) if asked.force => Verdict::New,
        Some(current) if !same_lineage(&current) => Verdict::OtherLineage,
        Some(current) if asked.serial < current.serial => Verdict::Behind,
        Some(current) if asked.serial == current.serial && asked.md5 != current.md5 => Verdict::Fork,
        _ => Verdict::New,
    }
}

/// Whether this can be the `md5` of a request: 32 hex digits.
pub fn is_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(serial: i64, lineage: Option<&'static str>, md5: &'static str) -> Known<'static> {
        Known { serial, lineage, md5 }
    }

    fn asked(serial: i64, lineage: Option<&'static str>, md5: &'static str) -> Asked<'static> {
        Asked { serial, lineage, md5, force: false, is_inline: false }
    }

    #[test]
    fn every_case_against_a_current_one() {
        let current = Some(known(5, Some("a"), "x"));
        for (serial, md5, lineage, verdict) in [
            (4, "x", Some("a"), Verdict::Behind),
            (4, "x", None, Verdict::Behind),
            (4, "y", Some("a"), Verdict::Behind),
            (4, "x", Some("b"), Verdict::OtherLineage),
            (5, "x", Some("a"), Verdict::New),
            (5, "x", None, Verdict::New),
            (5, "y", Some("a"), Verdict::Fork),
            (5, "y", None, Verdict::Fork),
            (5, "x", Some("b"), Verdict::OtherLineage),
            (6, "x", Some("a"), Verdict::New),
            (6, "y", None, Verdict::New),
            (6, "y", Some("b"), Verdict::OtherLineage),
        ] {
            assert_eq!(
                judge(current, None, &asked(serial, lineage, md5)),
                verdict,
                "{serial} {md5} {lineage:?}"
            );
            let forced = Asked { force: true, ..asked(serial, lineage, md5) };
            assert_eq!(judge(current, None, &forced), Verdict::New);
        }
        assert_eq!(judge(None, None, &asked(0, Some("z"), "x")), Verdict::New);
    }

    #[test]
    fn a_repeat_is_only_of_the_one_that_waits() {
        let (current, pending) = (Some(known(5, Some("a"), "x")), Some(known(6, Some("a"), "y")));
        assert_eq!(judge(current, pending, &asked(6, Some("a"), "y")), Verdict::Repeat);
        assert_eq!(judge(current, pending, &asked(6, None, "y")), Verdict::Repeat);
        assert_eq!(judge(current, pending, &asked(6, Some("a"), "z")), Verdict::New);
        assert_eq!(judge(current, pending, &asked(6, Some("b"), "y")), Verdict::OtherLineage);
        let inline = Asked { is_inline: true, ..asked(6, Some("a"), "y") };
        assert_eq!(judge(current, pending, &inline), Verdict::New);
    }

    proptest! {
        /// Whatever is asked without force, what is taken never goes back and never forks.
        #[test]
        fn serials_never_decrease(asks in proptest::collection::vec((0_i64..6, 0_usize..3, 0_usize..3), 1..60)) {
            let (texts, lineages) = (["x", "y", "z"], [None, Some("a"), Some("b")]);
            let mut current: Option<Known<'_>> = None;
            for (serial, md5, lineage) in asks {
                let wish = asked(serial, lineages[lineage], texts[md5]);
                if judge(current, None, &wish) != Verdict::New {
                    continue;
                }
                let kept = wish.lineage.or(current.and_then(|current| current.lineage));
                if let Some(before) = current {
                    prop_assert!(before.lineage.is_none() || before.lineage == kept);
                    prop_assert!(serial > before.serial || (serial, wish.md5) == (before.serial, before.md5));
                }
                current = Some(known(serial, kept, texts[md5]));
            }
        }
    }
}

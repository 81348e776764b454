//! Licence expressions (SPDX) against the list of licences we accept.

/// Permissive licences: what ships in our binary may be used by anybody under ours.
const ACCEPTED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // root certificates
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unlicense",
    "Zlib",
];
/// Accepted too; the name of the licence of the Unicode tables.
const UNICODE: &str = "Unicode-3.0";

/// May a crate under this expression be used? What cannot be read may not.
pub(super) fn is_accepted(expression: &str) -> bool {
    // Older crates write `MIT/Apache-2.0` for a choice.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let accepted = any(&words, &mut at);
    at == words.len() && accepted == Some(true)
}

/// `a OR b`
fn any(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut accepted = all(words, at)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        accepted |= all(words, at)?;
    }
    Some(accepted)
}

/// `a AND b`, which binds tighter
fn all(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut accepted = one(words, at)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        accepted &= one(words, at)?;
    }
    Some(accepted)
}

/// A licence, with its exception if there is one, or an expression in parentheses.
fn one(words: &[&str], at: &mut usize) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    if word == "(" {
        let inner = any(words, at)?;
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return closed.then_some(inner);
    }
    let mut licence = word.to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", words.get(*at + 1)?);
        *at += 2;
    }
    Some(licence == UNICODE || ACCEPTED.contains(&licence.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_need_one_and_sums_need_all() {
        let fine = [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
            "ISC AND (Apache-2.0 OR ISC) AND Apache-2.0 AND MIT AND BSD-3-Clause",
        ];
        for expression in fine {
            assert!(is_accepted(expression), "{expression}");
        }
        let refused = [
            "",
            "GPL-3.0-only",
            "MIT AND LGPL-3.0",
            "GPL-2.0 WITH Classpath-exception-2.0",
            "MIT OR",
            "(MIT",
            "MIT Apache-2.0",
            "MPL-2.0 AND (MIT OR ISC)",
        ];
        for expression in refused {
            assert!(!is_accepted(expression), "{expression}");
        }
    }
}

//! Tests of what the scenarios are written in: a pattern that matches too much would find everything well.

use crate::pattern;
use crate::step;

/// Order, gaps and what does not count.
pub fn patterns() -> Result<(), String> {
    let output = "\u{1b}[1mError:\u{1b}[0m bad\n│ one   two\n╵ 日本語 three\n";
    let cases: [(&[&str], Option<&str>); 7] = [
        (&["Error: bad one two"], None),
        (&["one", "three"], None),
        (&["three", "one"], Some("one")),
        (&["one", "one"], Some("one")),
        (&["Error: … 日本語 … ee"], None),
        (&["Error: … four"], Some("Error: … four")),
        (&["two one"], Some("two one")),
    ];
    for (patterns, expected) in cases {
        let patterns: Vec<String> = patterns.iter().map(|it| (*it).to_owned()).collect();
        let missing = pattern::first_missing(output, &patterns).map(String::as_str);
        equal(&missing, &expected)?;
    }
    // A gap is not so wide that it reaches into something else.
    let wide = format!("begin {} end", "x ".repeat(200));
    equal(&pattern::contains(&wide, "begin … end"), &false)?;
    equal(&pattern::contains(&wide, "begin x … x x"), &true)
}

/// Words and quotes.
pub fn words() -> Result<(), String> {
    equal(&step::words("plan  -out=f"), &["plan", "-out=f"].map(str::to_owned).to_vec())?;
    equal(&step::words("-var 'a=b \"c\"' ''"), &["-var", "a=b \"c\"", ""].map(str::to_owned).to_vec())
}

fn equal<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, not {found:?}")) }
}

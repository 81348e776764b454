//! Rust text taken apart just enough: code without comments and strings, and comments without code.
//!
//! Not a parser: it knows where comments, strings and characters begin and end, and no more.

/// Two copies of a file in which everything but code, or everything but comments, is blanks.
/// Both have the lines of the file.
#[derive(Debug)]
pub(crate) struct RustSource {
    pub(crate) code: String,
    pub(crate) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Text,
}

impl RustSource {
    pub(crate) fn new(source: &str) -> Self {
        let characters: Vec<char> = source.chars().collect();
        let mut parts = Self { code: String::new(), comments: String::new() };
        let mut at = 0;
        while at < characters.len() {
            let (kind, length) = next_part(&characters, at);
            for character in &characters[at..at + length] {
                parts.push(kind, *character);
            }
            at += length;
        }
        parts
    }

    fn push(&mut self, kind: Kind, character: char) {
        let shown_in = |wanted| if kind == wanted || character == '\n' { character } else { ' ' };
        self.code.push(shown_in(Kind::Code));
        self.comments.push(shown_in(Kind::Comment));
    }

    /// The lines, from 1, in which `word` stands in the code as a whole word.
    pub(crate) fn lines_with(&self, word: &str) -> Vec<usize> {
        lines_with_word(&self.code, word)
    }

    /// The lines, from 1, in which `word` stands in a comment as a whole word.
    pub(crate) fn comment_lines_with(&self, word: &str) -> Vec<usize> {
        lines_with_word(&self.comments, word)
    }

    /// The names in `mod name;` and `mod name {`.
    pub(crate) fn modules(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (index, line) in self.code.lines().enumerate() {
            let words: Vec<&str> =
                line.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2).filter(|pair| pair[0] == "mod") {
                found.push((index + 1, pair[1].to_owned()));
            }
        }
        found
    }
}

/// The kind and the length of what begins at `at`; the length is at least 1.
fn next_part(text: &[char], at: usize) -> (Kind, usize) {
    let rest = &text[at..];
    let after_word = at > 0 && is_word(text[at - 1]);
    match rest {
        ['/', '/', ..] => (Kind::Comment, rest.iter().take_while(|c| **c != '\n').count()),
        ['/', '*', ..] => (Kind::Comment, block_comment(rest)),
        ['"', ..] => (Kind::Text, string(rest)),
        ['r', '"' | '#', ..] if !after_word => raw_string(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !after_word => raw_string(rest, 2),
        ['\'', ..] => character(rest),
        _ => (Kind::Code, 1),
    }
}

/// Block comments nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `prefix` is the length of `r`, `br` or `cr`. `r#name` is a name, not a string.
fn raw_string(rest: &[char], prefix: usize) -> (Kind, usize) {
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    let start = prefix + hashes;
    if rest.get(start) != Some(&'"') {
        return (Kind::Code, 1);
    }
    let closes = |at: usize| rest[at] == '"' && rest[at + 1..].iter().take(hashes).all(|c| *c == '#');
    let end = (start + 1..rest.len()).find(|at| closes(*at));
    (Kind::Text, end.map_or(rest.len(), |at| (at + 1 + hashes).min(rest.len())))
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn character(rest: &[char]) -> (Kind, usize) {
    match rest {
        ['\'', '\\', ..] => {
            let end = rest.iter().skip(3).position(|c| *c == '\'');
            (Kind::Text, end.map_or(rest.len(), |at| at + 4))
        }
        ['\'', _, '\'', ..] => (Kind::Text, 3),
        _ => (Kind::Code, 1),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn lines_with_word(text: &str, word: &str) -> Vec<usize> {
    let has_word = |line: &str| line.split(|c: char| !is_word(c)).any(|found| found == word);
    text.lines().enumerate().filter(|(_, line)| has_word(line)).map(|(index, _)| index + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_comments_and_text() {
        let source =
            "let a = \"sqlx \\\" // no\"; // sqlx here\n/* a /* sqlx */ b */ sqlx::query(r#\"axum\"#);\n";
        let parts = RustSource::new(source);
        assert_eq!(parts.lines_with("sqlx"), [2]);
        assert_eq!(parts.comment_lines_with("sqlx"), [1, 2]);
        assert!(parts.lines_with("axum").is_empty() && parts.lines_with("no").is_empty());
    }

    #[test]
    fn quotes_as_characters_and_lifetimes_do_not_open_strings() {
        let source = "fn f<'a>(x: &'a str) -> char { '\"' }\nlet y = '\\''; let z = b'\"'; sqlx";
        let parts = RustSource::new(source);
        assert_eq!(parts.lines_with("sqlx"), [2]);
        assert_eq!(parts.lines_with("str"), [1]);
    }

    #[test]
    fn text_that_never_ends_is_no_panic() {
        for source in ["\"abc", "r##\"abc\"#", "/* a /* b */", "'\\", "b'", "r#", "\"\\"] {
            let parts = RustSource::new(source);
            assert_eq!(parts.code.chars().count(), source.chars().count());
        }
    }

    #[test]
    fn modules_are_named() {
        let source = "pub mod one;\nmod two { }\n// mod three;\npub(crate) mod r#four;\nmodel;";
        let names: Vec<String> = RustSource::new(source).modules().into_iter().map(|m| m.1).collect();
        assert_eq!(names, ["one", "two", "r"]);
    }
}

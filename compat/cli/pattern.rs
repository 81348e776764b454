//! Texts as a person reads them: without colours and frames, with every line break and run of spaces as one space.

/// In an expected text: anything, but not more than this many characters.
const GAP: char = '…';
const GAP_CHARS_MAX: usize = 300;

/// What is left of an output for comparison.
pub fn plain(output: &str) -> String {
    let mut text = String::with_capacity(output.len());
    let mut letters = output.chars();
    while let Some(letter) = letters.next() {
        match letter {
            // An escape sequence ends with its first letter.
            '\u{1b}' => {
                letters.by_ref().find(char::is_ascii_alphabetic);
            }
            '│' | '╷' | '╵' | '\u{2}' | '\u{3}' => text.push(' '),
            letter => text.push(letter),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first of the patterns that does not stand in the text after those before it.
pub fn first_missing<'a>(text: &str, patterns: &'a [String]) -> Option<&'a String> {
    let text = plain(text);
    let mut rest = text.as_str();
    patterns.iter().find(|pattern| match find(rest, &plain(pattern)) {
        Some(end) => {
            rest = &rest[end..];
            false
        }
        None => true,
    })
}

/// Whether the text holds the pattern.
pub fn contains(text: &str, pattern: &str) -> bool {
    find(&plain(text), &plain(pattern)).is_some()
}

/// Where the first match ends.
fn find(text: &str, pattern: &str) -> Option<usize> {
    let mut parts = pattern.split(GAP).map(str::trim);
    let first = parts.next()?;
    let parts: Vec<&str> = parts.collect();
    let starts = text.match_indices(first).map(|(start, _)| start + first.len());
    starts.into_iter().find_map(|mut end| {
        for part in &parts {
            let rest = &text[end..];
            let limit = rest.char_indices().nth(GAP_CHARS_MAX + part.chars().count());
            let rest = limit.map_or(rest, |(limit, _)| &rest[..limit]);
            end += rest.find(part)? + part.len();
        }
        Some(end)
    })
}

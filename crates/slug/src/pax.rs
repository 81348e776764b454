//! The records of one extended (PAX) header: `LENGTH KEY=VALUE\n`, where the length counts itself.

/// What an extended header says about the entry after it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pax {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link_path: Option<Vec<u8>>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) sparse: bool,
}

impl Pax {
    /// Parses the records; an error is what follows "has an extended header that".
    pub(crate) fn parse(mut data: &[u8]) -> Result<Self, &'static str> {
        let mut pax = Self::default();
        while !data.is_empty() {
            let (record, rest) = split_record(data).ok_or("is malformed")?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or("has a record without a key")?;
            pax.take(&record[..equals], &record[equals + 1..])?;
            data = rest;
        }
        Ok(pax)
    }

    /// Whether it names, resizes or links: what a header for the whole archive must not do.
    pub(crate) fn changes_entries(&self) -> bool {
        self.path.is_some() || self.link_path.is_some() || self.size_bytes.is_some() || self.sparse
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        if key.starts_with(b"GNU.sparse.") {
            self.sparse = true;
            return Ok(());
        }
        // An empty value means: as the plain header says.
        if value.is_empty() {
            return Ok(());
        }
        match key {
            b"path" => set_once(&mut self.path, value.to_vec()),
            b"linkpath" => set_once(&mut self.link_path, value.to_vec()),
            b"size" => set_once(&mut self.size_bytes, decimal(value).ok_or("has a size that is no number")?),
            _ => Ok(()),
        }
    }
}

/// Readers differ on which of two records wins, so there must not be two.
fn set_once<T>(field: &mut Option<T>, value: T) -> Result<(), &'static str> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err("has the same record twice"),
    }
}

/// The first record without its length and newline, and what follows it.
fn split_record(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = data.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(&data[..space])?).ok()?;
    if length <= space + 1 || length > data.len() || data[length - 1] != b'\n' {
        return None;
    }
    Some((&data[space + 1..length - 1], &data[length..]))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_may_hold_newlines_and_unknown_keys() {
        let pax = Pax::parse(b"12 path=a\nb\n22 comment=hello there\n").err();
        assert_eq!(pax, Some("is malformed"), "the second length is one too small");
        let pax = Pax::parse(b"12 path=a\nb\n23 comment=hello there\n").unwrap();
        assert_eq!(pax.path.as_deref(), Some(&b"a\nb"[..]));
        assert!(pax.changes_entries());
    }

    #[test]
    fn an_empty_value_changes_nothing() {
        assert_eq!(Pax::parse(b"8 path=\n").unwrap(), Pax::default());
        assert_eq!(Pax::parse(b"").unwrap(), Pax::default());
    }

    #[test]
    fn malformed_records_are_refused() {
        let cases: &[&[u8]] = &[
            b"path=a\n",
            b"9 path=a\n9",
            b"99 path=a\n",
            b"0 path=a\n",
            b"2 \n",
            b"-9 path=a\n",
            b"9 path=ab",
            b"10 nothing\n",
            b"99999999999999999999 path=a\n",
            b"9 size=x\n",
            b"11 size=-1\n",
        ];
        for case in cases {
            assert!(Pax::parse(case).is_err(), "{}", case.escape_ascii());
        }
        assert_eq!(Pax::parse(b"9 path=a\n9 path=a\n"), Err("has the same record twice"));
    }
}

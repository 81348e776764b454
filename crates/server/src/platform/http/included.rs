//! For `include`: of many resources the ids of what they point at, and what was found for these.

/// Each id once, in the order in which they come.
pub fn distinct<'a, I: PartialEq>(all: impl IntoIterator<Item = &'a I>) -> Vec<&'a I> {
    let mut ids: Vec<&I> = Vec::new();
    for id in all {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// What was found, in the order of the ids that were asked for.
pub fn in_order<T, I: PartialEq>(mut found: Vec<T>, ids: &[&I], id: impl Fn(&T) -> &I) -> Vec<T> {
    found.sort_by_key(|found| ids.iter().position(|wanted| *wanted == id(found)));
    found
}

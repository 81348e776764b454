//! The indexes of objects read by range a moment ago: a page reads many ranges of one plan, and each would otherwise
//! cost one more request for the footer. An index holds lengths only, no key and no content.

use crate::format::Index;
use crate::object::Object;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const ENTRIES_MAX: usize = 32;
/// 4 GiB of plain bytes; with 8 bytes per frame all entries together stay below 4 MiB.
const FRAMES_MAX: usize = 16 * 1024;

/// A few indexes, the last used first. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<VecDeque<Entry>>>);

struct Entry {
    /// All of the row: an index is not used for a row that says anything else.
    object: Object,
    index: Arc<Index>,
}

impl Recent {
    /// The index of an object, if it was read lately.
    pub(crate) fn get(&self, object: &Object) -> Option<Arc<Index>> {
        let mut entries = self.entries();
        let at = entries.iter().position(|entry| entry.object == *object)?;
        let entry = entries.remove(at)?;
        let index = Arc::clone(&entry.index);
        entries.push_front(entry);
        Some(index)
    }

    /// Remembers an authenticated index.
    pub(crate) fn put(&self, object: &Object, index: &Arc<Index>) {
        if index.frames() > FRAMES_MAX {
            return;
        }
        let mut entries = self.entries();
        entries.retain(|entry| entry.object.id != object.id);
        entries.truncate(ENTRIES_MAX - 1);
        entries.push_front(Entry { object: object.clone(), index: Arc::clone(index) });
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES_MAX, Recent};
    use crate::format::{Index, encode_footer};
    use crate::{Object, ObjectId};
    use std::sync::Arc;

    #[test]
    fn the_last_used_stay_and_a_changed_row_finds_nothing() {
        let recent = Recent::default();
        let index = Arc::new(Index::decode(&encode_footer(5, &[20]), 5, 8 + 20 + 16 + 16).unwrap());
        let objects: Vec<Object> = (0..=ENTRIES_MAX)
            .map(|_| Object {
                id: ObjectId::random(),
                format_version: 1,
                size_bytes: 5,
                stored_bytes: 60,
                sha256: [0; 32],
                wrapped_key: vec![1],
            })
            .collect();
        for object in &objects {
            recent.put(object, &index);
            assert!(recent.get(&objects[0]).is_some());
        }
        assert!(recent.get(&objects[1]).is_none());
        assert!(recent.get(&objects[2]).is_some());
        assert!(recent.get(&Object { wrapped_key: vec![2], ..objects[2].clone() }).is_none());
    }
}

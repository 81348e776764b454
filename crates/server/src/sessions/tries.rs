//! How often a password may be tried: for one name from one address, from one address, and for one name from anywhere.
//!
//! A try counts until it has succeeded, so that many at once do not pass together. Each server counts for itself.

use crate::clock::Time;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Wrong tries are forgotten together, so long after the first of them.
const WINDOW: Duration = Duration::from_secs(15 * 60);
const OF_ONE_AT_ONE_MAX: u32 = 10;
const OF_ADDRESS_MAX: u32 = 60;
const OF_NAME_MAX: u32 = 100;
/// More subjects at once share one count between them; so many take a few MB.
const SUBJECTS_MAX: usize = 50_000;
const TIDY_PAUSE: Duration = Duration::from_secs(1);

/// What wrong tries are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Name(String),
    Address(Option<IpAddr>),
    Both(String, Option<IpAddr>),
    Others,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    tries: u32,
    forgotten_at: i64,
}

/// Too many tries; how long until the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Whole minutes, upwards.
    pub wait_minutes: i64,
}

/// A try under way. One that is not reported as a success stays counted.
#[derive(Debug)]
pub struct Try([(Subject, u32); 3]);

/// Counts tries.
#[derive(Debug, Default)]
pub struct Tries(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    of: HashMap<Subject, Count>,
    /// When those whose time is over are looked for again: not with each try, which would make tries dear.
    tidied_until: i64,
}

impl Counts {
    /// Whether there is room for a try's subjects, after forgetting what is over.
    fn has_room(&mut self, now: Time) -> bool {
        let is_full = |of: &HashMap<_, _>| of.len() + 3 > SUBJECTS_MAX;
        if is_full(&self.of) && self.tidied_until <= now.0 {
            self.of.retain(|_, count| count.forgotten_at > now.0);
            self.tidied_until = now.plus(TIDY_PAUSE).0;
        }
        !is_full(&self.of)
    }
}

impl Tries {
    /// Begins a try of a name from an address.
    ///
    /// # Errors
    /// When there were too many already; this one is not counted.
    pub fn begin(&self, name: &str, address: Option<IpAddr>, now: Time) -> Result<Try, Refused> {
        let address = address.map(network);
        let subjects = [
            (Subject::Both(name.to_owned(), address), OF_ONE_AT_ONE_MAX),
            (Subject::Address(address), OF_ADDRESS_MAX),
            (Subject::Name(name.to_owned()), OF_NAME_MAX),
        ];
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = counts.has_room(now);
        let counts = &mut counts.of;
        let subjects = subjects.map(|(subject, max)| {
            if has_room || counts.contains_key(&subject) {
                (subject, max)
            } else {
                (Subject::Others, OF_NAME_MAX)
            }
        });
        let fresh = Count { tries: 0, forgotten_at: now.plus(WINDOW).0 };
        for (subject, max) in &subjects {
            let count = counts.entry(subject.clone()).or_insert(fresh);
            if count.forgotten_at <= now.0 {
                *count = fresh;
            }
            if count.tries >= *max {
                let wait_micros = count.forgotten_at - now.0;
                return Err(Refused { wait_minutes: wait_micros / 60_000_000 + 1 });
            }
        }
        for (subject, _) in &subjects {
            if let Some(count) = counts.get_mut(subject) {
                count.tries += 1;
            }
        }
        Ok(Try(subjects))
    }

    /// The password was right: the try is not counted.
    pub fn succeeded(&self, done: Try) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (subject, _) in done.0 {
            if let Some(count) = counts.of.get_mut(&subject) {
                count.tries = count.tries.saturating_sub(1);
            }
        }
    }
}

/// One customer's network: with IPv6 that is never a single address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const NOW: Time = Time(1_000_000_000);

    #[expect(clippy::unnecessary_wraps, reason = "as tries take it")]
    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
    }

    #[test]
    fn a_name_is_tried_so_often_from_one_address() {
        let tries = Tries::default();
        for _ in 0..OF_ONE_AT_ONE_MAX {
            tries.begin("ada", address(1), NOW).unwrap();
        }
        assert_eq!(tries.begin("ada", address(1), NOW).unwrap_err().wait_minutes, 16);
        // The owner of the name, elsewhere, is not shut out by that; nor are others at the same address.
        tries.begin("ada", address(2), NOW).unwrap();
        tries.begin("bob", address(1), NOW).unwrap();
        let later = NOW.plus(WINDOW);
        tries.begin("ada", address(1), later).unwrap();
    }

    #[test]
    fn an_address_and_a_name_have_limits_of_their_own() {
        let tries = Tries::default();
        for number in 0..OF_ADDRESS_MAX {
            tries.begin(&number.to_string(), address(1), NOW).unwrap();
        }
        assert!(tries.begin("another", address(1), NOW).is_err());
        let tries = Tries::default();
        for number in 0..OF_NAME_MAX {
            tries.begin("ada", address(u8::try_from(number).unwrap()), NOW).unwrap();
        }
        assert!(tries.begin("ada", address(200), NOW).is_err());
    }

    #[test]
    fn success_counts_for_nothing() {
        let tries = Tries::default();
        for _ in 0..OF_ADDRESS_MAX * 3 {
            let begun = tries.begin("ada", address(1), NOW).unwrap();
            tries.succeeded(begun);
        }
    }

    #[test]
    fn whoever_has_a_network_has_one_count() {
        let tries = Tries::default();
        let of = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        for number in 0..u16::try_from(OF_ONE_AT_ONE_MAX).unwrap() {
            tries.begin("ada", of(number), NOW).unwrap();
        }
        assert!(tries.begin("ada", of(999), NOW).is_err());
    }

    #[test]
    fn too_many_subjects_share() {
        let tries = Tries::default();
        for number in 0..u32::try_from(SUBJECTS_MAX / 2).unwrap() {
            let _ = tries.begin(&number.to_string(), Some(IpAddr::from(number.to_be_bytes())), NOW);
        }
        assert!(tries.0.lock().unwrap().of.len() <= SUBJECTS_MAX + 1);
        assert!(tries.begin("new", address(9), NOW).is_err(), "the shared count is full");
        tries.begin("new", address(9), NOW.plus(WINDOW)).unwrap();
    }
}

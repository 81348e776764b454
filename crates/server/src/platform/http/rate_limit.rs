//! How many requests a principal may make (api-contract 2.7, section 20 row 25): each user, by whatever token, and each
//! address that comes without a good one. A principal may use a second's requests at once and then has to keep the pace.

use super::ApiError;
use crate::clock::Time;
use crate::ids::UserId;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use terrane_jsonapi::Errors;

/// More principals at once share one allowance between them; so many take a few MB.
const PRINCIPALS_MAX: usize = 50_000;
const SECOND_MICROS: i64 = 1_000_000;
const MINUTE_MICROS: i64 = 60 * SECOND_MICROS;

/// Who makes requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A user, by whatever token.
    User(UserId),
    /// Somebody without a good token; `None` where there is no socket.
    Address(Option<IpAddr>),
    /// Everybody who is one too many to be known.
    Others,
}

/// Where a request comes from, as its connection says.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// Counts requests.
#[derive(Debug)]
pub struct RateLimiter {
    requests: Meter,
    run_lists: Meter,
}

impl RateLimiter {
    /// Requests a second, and run lists a minute; 0 is no limit.
    pub fn new(requests_per_second: u32, run_lists_per_minute: u32) -> Self {
        Self {
            requests: Meter::new(requests_per_second, SECOND_MICROS),
            run_lists: Meter::new(run_lists_per_minute, MINUTE_MICROS),
        }
    }

    /// Counts a request; `None` where nothing is limited.
    pub fn request(&self, who: &Principal, is_run_list: bool, now: Time) -> Option<Allowance> {
        let allowance = self.requests.take(who, now);
        if !is_run_list || allowance.is_some_and(|allowance| allowance.is_refused) {
            return allowance;
        }
        let of_lists = self.run_lists.take(who, now);
        // What clients pace themselves by is the limit of all requests.
        of_lists.filter(|of_lists| of_lists.is_refused || allowance.is_none()).or(allowance)
    }
}

/// A smaller limit is kept and not told: of three or less the CLI makes a pace at which it sends nothing at all
/// (cli-protocol, rule 12).
const LIMIT_TOLD_MIN: f64 = 4.0;

/// What is left to a principal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    per_second: f64,
    left: i64,
    wait_micros: i64,
    is_refused: bool,
}

impl Allowance {
    /// 429 where nothing is left.
    ///
    /// # Errors
    /// Says how long to wait.
    pub fn check(self) -> Result<(), ApiError> {
        if !self.is_refused {
            return Ok(());
        }
        let wait = seconds(self.wait_micros);
        Err(Errors::new(429, "Too many requests", format!("too many requests; wait {wait} s and try again"))
            .into())
    }

    /// The headers by which clients pace themselves.
    pub fn tell(self, response: &mut Response) {
        let headers = response.headers_mut();
        let mut set = |name: &'static str, text: String| {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        if self.per_second >= LIMIT_TOLD_MIN {
            set("x-ratelimit-limit", self.per_second.to_string());
        }
        set("x-ratelimit-remaining", self.left.to_string());
        set("x-ratelimit-reset", seconds(self.wait_micros));
        if self.is_refused {
            let whole = self.wait_micros.div_euclid(SECOND_MICROS) + 1;
            headers.insert(header::RETRY_AFTER, whole.into());
        }
    }
}

/// To the millisecond, upwards.
fn seconds(micros: i64) -> String {
    let millis = (micros + 999) / 1000;
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// The time at which each principal's allowance is full again: each request moves it on by the pace.
#[derive(Debug)]
struct Meter {
    count: u32,
    period_micros: i64,
    full_at: Mutex<HashMap<Principal, i64>>,
}

impl Meter {
    fn new(count: u32, period_micros: i64) -> Self {
        Self { count, period_micros, full_at: Mutex::default() }
    }

    fn take(&self, who: &Principal, now: Time) -> Option<Allowance> {
        let pace = self.period_micros / i64::from(Some(self.count).filter(|count| *count > 0)?);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= PRINCIPALS_MAX && !full_at.contains_key(who) {
            full_at.retain(|_, at| *at > now.0);
        }
        let is_known = full_at.len() < PRINCIPALS_MAX || full_at.contains_key(who);
        let place = full_at.entry(if is_known { who.clone() } else { Principal::Others }).or_insert(now.0);
        let next = (*place).max(now.0) + pace;
        let owed = next - now.0;
        let is_refused = owed > self.period_micros;
        if !is_refused {
            *place = next;
        }
        let left = ((self.period_micros - owed) / pace).max(0);
        let wait_micros =
            if left > 0 { 0 } else { (owed + if is_refused { 0 } else { pace } - self.period_micros).max(0) };
        #[expect(clippy::cast_precision_loss, reason = "a period of a minute is small")]
        let per_second = f64::from(self.count) * SECOND_MICROS as f64 / self.period_micros as f64;
        Some(Allowance { per_second, left, wait_micros, is_refused })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Principal {
        Principal::User(UserId::from(name.to_owned()))
    }

    #[test]
    fn a_second_s_requests_at_once_and_then_at_the_pace() {
        let limiter = RateLimiter::new(4, 0);
        let at = |micros| limiter.request(&user("a"), false, Time(micros)).unwrap();
        let left: Vec<i64> = (0..4).map(|_| at(0).left).collect();
        assert_eq!(left, [3, 2, 1, 0]);
        let refused = at(0);
        assert!(refused.is_refused && refused.wait_micros == 250_000, "{refused:?}");
        assert!(at(249_999).is_refused && !at(250_000).is_refused && at(250_001).is_refused);
        // Refused requests cost nothing, and what is not used is kept for a second.
        assert_eq!(at(60_000_000).left, 3);
        assert!(!limiter.request(&user("b"), false, Time(0)).unwrap().is_refused);
    }

    #[test]
    fn run_lists_have_a_limit_of_their_own() {
        let limiter = RateLimiter::new(100, 2);
        let list = || limiter.request(&user("a"), true, Time(0)).unwrap();
        assert!(!list().is_refused && !list().is_refused);
        let refused = list();
        assert!(refused.is_refused && refused.wait_micros == 30_000_000, "{refused:?}");
        let other = limiter.request(&user("a"), false, Time(0)).unwrap();
        assert!(!other.is_refused && other.left == 96, "{other:?}");
    }

    #[test]
    fn nothing_is_limited_where_the_limit_is_zero() {
        let limiter = RateLimiter::new(0, 0);
        assert_eq!(limiter.request(&user("a"), true, Time(0)), None);
        assert!(RateLimiter::new(0, 1).request(&user("a"), true, Time(0)).is_some());
    }

    #[test]
    fn too_many_principals_share() {
        let limiter = RateLimiter::new(1, 0);
        for number in 0..PRINCIPALS_MAX {
            limiter.request(&user(&number.to_string()), false, Time(0));
        }
        let refused = |name| limiter.request(&user(name), false, Time(0)).unwrap().is_refused;
        assert!(!refused("new") && refused("newer"));
        // The old ones are forgotten once their allowance is full again.
        assert!(!limiter.request(&user("newest"), false, Time(3_000_000)).unwrap().is_refused);
        assert!(limiter.requests.full_at.lock().unwrap().len() < 10);
    }

    #[test]
    fn waits_are_told_upwards() {
        assert_eq!(
            (seconds(0), seconds(1), seconds(1_500_000)),
            ("0.000".into(), "0.001".into(), "1.500".into())
        );
    }
}

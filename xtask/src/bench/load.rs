//! Requests at a fixed rate, and as many as there can be; every answer is checked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::{Http, Request};

/// How many ask at once where the rate is measured.
const CONNECTIONS: usize = 16;

/// What is asked, and what a right answer has.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) path: String,
    pub(super) token: String,
    /// Stands in each right answer so many times.
    pub(super) text: String,
    pub(super) count: usize,
}

impl Question {
    fn ask(&self, http: &mut Http) -> Result<()> {
        let answer =
            http.send(&Request { method: "GET", path: &self.path, token: &self.token, body: b"" })?;
        let body = std::str::from_utf8(&answer.body)?;
        let found = body.matches(&self.text).count();
        if answer.status != 200 || found != self.count {
            bail!("GET {} answered {} with {found} times {}: {body}", self.path, answer.status, self.text);
        }
        Ok(())
    }
}

/// Milliseconds from when each request was due, whether the one before was answered in time or not: a server that
/// stalls is not asked less often.
pub(super) fn at_rate(
    address: SocketAddr,
    question: &Question,
    per_second: u32,
    samples: usize,
) -> Result<Vec<f64>> {
    let mut http = Http::connect(address)?;
    question.ask(&mut http)?;
    let pause = Duration::from_secs(1) / per_second;
    let begin = Instant::now();
    let mut latencies = Vec::new();
    for number in 0..samples {
        let due = begin + pause * u32::try_from(number)?;
        sleep(due.saturating_duration_since(Instant::now()));
        question.ask(&mut http)?;
        latencies.push(due.elapsed().as_secs_f64() * 1e3);
    }
    Ok(latencies)
}

/// Answers a second, once for each of so many times.
pub(super) fn rates(
    address: SocketAddr,
    questions: &[Question],
    time: Duration,
    samples: usize,
) -> Result<Vec<f64>> {
    (0..samples).map(|_| rate(address, questions, time)).collect()
}

fn rate(address: SocketAddr, questions: &[Question], time: Duration) -> Result<f64> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..CONNECTIONS)
            .map(|lane| {
                let is_over = &is_over;
                scope.spawn(move || -> Result<usize> {
                    let mut http = Http::connect(address)?;
                    let mut count = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        questions[(lane + count) % questions.len()].ask(&mut http)?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        let begin = Instant::now();
        sleep(time);
        is_over.store(true, Ordering::Relaxed);
        let seconds = begin.elapsed().as_secs_f64();
        let mut total = 0;
        for lane in lanes {
            total += lane.join().ok().context("a lane of the load panicked")??;
        }
        Ok(total as f64 / seconds)
    })
}

//! A server that speaks the wire and remembers what it was told.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use terrane_wire::{
    Claim, Heartbeat, Hello, Job, LogAck, OFFER_HEADER, Orders, Report, Start, Stop, StoredObject, Welcome,
};

/// Nothing here takes longer; never a measure of speed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What it knows.
#[derive(Debug, Default)]
pub struct Told {
    /// Answers 503 to everything.
    pub is_away: bool,
    pub hellos: Vec<Hello>,
    /// The next claim is answered with 404.
    pub forgets_agent: bool,
    /// Said in every welcome.
    pub lost: Vec<String>,
    pub queue: VecDeque<Job>,
    /// The job that was given last.
    pub given: Option<Job>,
    pub stop: Option<Stop>,
    pub beats: u64,
    /// Answered with 409 from now on.
    pub lease_lost: bool,
    pub logs: HashMap<String, Vec<u8>>,
    pub starts: Vec<Start>,
    /// The nonce of the start that was noted.
    pub started: Option<String>,
    /// Refuses every start for this reason.
    pub start_refusal: Option<String>,
    /// So many starts are noted, and their answer lost.
    pub start_answers_lost: u32,
    /// States by the order in which they came: sequence, serial, bytes.
    pub states: Vec<(u64, i64, Vec<u8>)>,
    pub state_repeats: u64,
    pub state_jsons: Vec<(u64, Vec<u8>)>,
    pub objects: HashMap<String, Vec<u8>>,
    /// Has every object that is offered by its digest.
    pub has_offered: bool,
    pub offers: Vec<String>,
    pub reports: Vec<Report>,
    /// What must never happen, and did.
    pub violations: Vec<String>,
}

/// Shared with the test.
#[derive(Debug, Clone, Default)]
pub struct Server(Arc<Mutex<Told>>);

impl Server {
    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Waits until something is so.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, is_so: impl Fn(&Told) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let told = self.told();
            if let Some(found) = is_so(&told) {
                return found;
            }
            assert!(Instant::now() < deadline, "no {what}: {}", describe(&told));
            drop(told);
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Waits for the report, and checks that nothing went wrong meanwhile.
    #[track_caller]
    pub fn report(&self) -> Report {
        let report = self.wait_for("report", |told| told.reports.last().cloned());
        assert_eq!(self.told().violations, Vec::<String>::new());
        report
    }

    /// The log of the job as far as it came.
    pub fn log(&self) -> String {
        self.told().logs.values().map(|log| String::from_utf8_lossy(log).into_owned()).collect()
    }

    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.wait_for(&format!("{text:?} in the log"), |told| {
            let has = |log: &Vec<u8>| String::from_utf8_lossy(log).contains(text);
            told.logs.values().any(has).then_some(())
        });
    }

    pub fn router(&self) -> Router {
        let calls = Router::new()
            .route("/hello", post(hello))
            .route("/claim", post(claim))
            .route("/jobs/{id}/heartbeat", post(heartbeat))
            .route("/jobs/{id}/log", put(log))
            .route("/jobs/{id}/start", post(start))
            .route("/jobs/{id}/states/{sequence}", put(state))
            .route("/jobs/{id}/states/{sequence}/json", put(state_json))
            .route("/jobs/{id}/report", post(report));
        Router::new()
            .nest("/agent/v1", calls)
            .route("/objects/{name}", get(get_object).put(put_object))
            .layer(from_fn_with_state(self.clone(), gate))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }
}

fn describe(told: &Told) -> String {
    let logs: Vec<_> = told.logs.values().map(|log| String::from_utf8_lossy(log)).collect();
    format!("log {logs:?}, reports {:?}, violations {:?}", told.reports, told.violations)
}

async fn gate(State(server): State<Server>, request: Request, next: Next) -> Response {
    if server.told().is_away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn hello(State(server): State<Server>, Json(hello): Json<Hello>) -> Json<Welcome> {
    let mut told = server.told();
    // An agent that died before it had noted its job: the job is given again.
    let is_held = |job: &Job| hello.holding.iter().any(|held| held.job_id == job.id);
    if told.reports.is_empty() && told.given.as_ref().is_some_and(|job| !is_held(job)) {
        let job = told.given.take();
        told.queue.extend(job);
        if told.started.is_some() {
            told.violations.push("an agent has forgotten an apply that was started".to_owned());
        }
    }
    told.hellos.push(hello);
    Json(Welcome { agent_id: "agent-1".to_owned(), lost: told.lost.clone() })
}

async fn claim(State(server): State<Server>, Json(claim): Json<Claim>) -> Response {
    {
        let mut told = server.told();
        if std::mem::take(&mut told.forgets_agent) {
            return StatusCode::NOT_FOUND.into_response();
        }
    }
    assert_eq!(claim.agent_id, "agent-1");
    for _ in 0..20 {
        let next = {
            let mut told = server.told();
            let next = told.queue.pop_front();
            told.given = next.clone().or(told.given.take());
            next
        };
        if let Some(job) = next {
            return Json(job).into_response();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn heartbeat(State(server): State<Server>, Json(beat): Json<Heartbeat>) -> Response {
    let deadline = Instant::now() + Duration::from_millis(beat.wait_ms);
    server.told().beats += 1;
    loop {
        let (stop, is_lost) = {
            let told = server.told();
            (told.stop, told.lease_lost)
        };
        if is_lost {
            return StatusCode::CONFLICT.into_response();
        }
        if stop > beat.heard || Instant::now() > deadline {
            return Json(Orders { stop }).into_response();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[derive(Deserialize)]
struct At {
    offset: usize,
}

async fn log(
    State(server): State<Server>,
    Path(id): Path<String>,
    Query(at): Query<At>,
    body: Bytes,
) -> Response {
    let mut told = server.told();
    let log = told.logs.entry(id).or_default();
    if at.offset > log.len() {
        let ack = LogAck { next_offset: log.len() as u64 };
        return (StatusCode::CONFLICT, Json(ack)).into_response();
    }
    let known = body.len().min(log.len() - at.offset);
    let is_same = log[at.offset..at.offset + known] == body[..known];
    log.extend_from_slice(&body[known..]);
    let next_offset = log.len() as u64;
    if !is_same {
        told.violations.push("a repeated piece of the log differs".to_owned());
    }
    Json(LogAck { next_offset }).into_response()
}

async fn start(State(server): State<Server>, Json(start): Json<Start>) -> Response {
    let mut told = server.told();
    told.starts.push(start.clone());
    let refused = |detail: &str| {
        let errors =
            serde_json::json!({"errors": [{"status": "409", "title": "conflict", "detail": detail}]});
        (StatusCode::CONFLICT, Json(errors)).into_response()
    };
    if let Some(reason) = &told.start_refusal {
        return refused(reason);
    }
    if told.started.get_or_insert(start.nonce.clone()) != &start.nonce {
        return refused("the apply was started before");
    }
    if told.start_answers_lost > 0 {
        told.start_answers_lost -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
struct Said {
    serial: i64,
}

async fn state(
    State(server): State<Server>,
    Path((_, sequence)): Path<(String, u64)>,
    Query(said): Query<Said>,
    body: Bytes,
) -> Json<StoredObject> {
    let mut told = server.told();
    let last = told.states.last().map_or(0, |state| state.0);
    if sequence == last && told.states.last().is_some_and(|state| state.2 == body) {
        // Its acknowledgement was lost with an agent.
        told.state_repeats += 1;
        return Json(stored(&body));
    }
    if sequence != last + 1 {
        told.violations.push(format!("state {sequence} came after state {last}"));
    }
    told.states.push((sequence, said.serial, body.to_vec()));
    Json(stored(&body))
}

async fn state_json(
    State(server): State<Server>,
    Path((_, sequence)): Path<(String, u64)>,
    body: Bytes,
) -> Json<StoredObject> {
    let mut told = server.told();
    if !told.states.iter().any(|state| state.0 == sequence) {
        told.violations.push(format!("the JSON of state {sequence} came before it"));
    }
    told.state_jsons.push((sequence, body.to_vec()));
    Json(stored(&body))
}

async fn report(
    State(server): State<Server>,
    Path(id): Path<String>,
    Json(report): Json<Report>,
) -> StatusCode {
    let mut told = server.told();
    let log_bytes = told.logs.get(&id).map_or(0, Vec::len) as u64;
    if report.log_size_bytes != log_bytes {
        told.violations.push(format!("the report says {} bytes of {log_bytes}", report.log_size_bytes));
    }
    if report.states_written != told.states.len() as u64 {
        told.violations.push("the report came before its states".to_owned());
    }
    told.reports.push(report);
    StatusCode::NO_CONTENT
}

async fn get_object(State(server): State<Server>, Path(name): Path<String>) -> Response {
    match server.told().objects.get(&name) {
        Some(content) => content.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn put_object(
    State(server): State<Server>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut told = server.told();
    if let Some(offer) = headers.get(OFFER_HEADER) {
        told.offers.push(format!("{name}:{}", offer.to_str().expect("a digest")));
        return if told.has_offered { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }.into_response();
    }
    told.objects.insert(name, body.to_vec());
    Json(stored(&body)).into_response()
}

pub fn stored(content: &[u8]) -> StoredObject {
    StoredObject { sha256: hex(&Sha256::digest(content)), size_bytes: content.len() as u64 }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

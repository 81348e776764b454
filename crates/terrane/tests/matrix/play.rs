//! One cell from its start to its kill and its end.

use crate::asking::Asking;
use crate::cell::{Cell, End, Engine, Step, Victim};
use crate::check;
use crate::place::{Place, Postgres};
use crate::scenario::{configuration, held_at};
use crate::teller::Teller;
use crate::victims::kill_and_restart;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::time::{Duration, Instant};

/// A run is over by then, also on a busy machine; with the default times it takes its lease and silence more.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long what was killed is away, at most.
const AWAY_MS_MAX: u64 = 600;
const PLANNED: [&str; 4] = ["planned", "errored", "canceled", "planned_and_finished"];
const ENDED: [&str; 3] = ["applied", "errored", "canceled"];

/// What one cell came to.
pub struct Played {
    pub end: End,
    /// The run's own reason, or what else there is to see.
    pub note: String,
    pub time: Duration,
}

/// Everything of a cell that is played.
pub struct Play {
    pub cell: Cell,
    pub place: Place,
    pub asking: Asking,
    pub teller: Teller,
    pub workspace: String,
    pub run: String,
    random: StdRng,
}

/// Plays a cell, and checks all that must hold.
pub async fn play(cell: Cell, postgres: Option<Postgres>, seed: u64) -> Played {
    let started = Instant::now();
    let mut play = Play::begin(cell, postgres, seed).await;
    play.plan_and_apply().await;
    let (end, note) = check::everything(&mut play).await;
    Played { end, note, time: started.elapsed() }
}

impl Play {
    async fn begin(cell: Cell, postgres: Option<Postgres>, seed: u64) -> Self {
        let (place, asking) = Place::start(cell, postgres).await;
        let teller = Teller::start(&place.path("told"));
        if let Some(line) = held_at(&cell) {
            teller.close(&line);
        }
        let workspace = asking.workspace("net", "tofu").await;
        let archive = configuration(cell.engine, &teller);
        let configuration = asking.0.configuration(&workspace, archive).await;
        let run = asking.0.run_of(&workspace, &configuration, &json!({})).await.id;
        Self { cell, place, asking, teller, workspace, run, random: StdRng::seed_from_u64(seed) }
    }

    async fn plan_and_apply(&mut self) {
        match self.cell.step {
            Step::Claim => self.random_pause(40),
            Step::Init => self.teller.wait_for("init"),
            Step::Planning => self.teller.wait_for("plan"),
            Step::Uploading => {
                self.teller.wait_for("show");
                self.random_pause(60);
            }
            _ => {}
        }
        if !self.cell.step.is_of_apply() && self.cell.step != Step::Confirm {
            self.kill();
        }
        if self.asking.wait_for(&self.run, &PLANNED, PATIENCE).await != "planned" {
            return;
        }
        self.confirm().await;
        match self.cell.step {
            Step::Start => self.start_pause(),
            Step::MidApply => self.teller.wait_for(&held_at(&self.cell).unwrap()),
            Step::Exited => {
                self.teller.wait_for("done");
                self.random_pause(80);
            }
            Step::Report => self.wait_for_report(),
            Step::Cancel => {
                self.teller.wait_for(&held_at(&self.cell).unwrap());
                let cancel = format!("/runs/{}/actions/cancel", self.run);
                self.asking.post(&cancel).await.expect_status(202);
                // Supervisor and engine end soon.
                let is_short = matches!(self.cell.victim, Victim::Supervisor | Victim::Engine);
                self.random_pause(if is_short { 15 } else { 80 });
            }
            _ => return,
        }
        self.kill();
    }

    /// Asks until the run is confirmed. In the step of that name the kill comes between question and answer.
    async fn confirm(&mut self) {
        let path = format!("/runs/{}/actions/apply", self.run);
        let (asking, at) = (self.asking.clone(), path.clone());
        let first = tokio::spawn(async move { asking.post(&at).await.status });
        if self.cell.step == Step::Confirm {
            tokio::time::sleep(Duration::from_millis(self.random.random_range(0..12))).await;
            self.kill();
        }
        let status = first.await.expect("it is answered");
        // Asked again after a lost answer it was confirmed already.
        assert!(status == 202 || (status == 409 && self.cell.step == Step::Confirm), "{status}");
        assert_eq!(self.asking.post(&path).await.status, 409, "a second confirmation");
    }

    /// Supervisor and engine are victims as soon as they are there.
    fn start_pause(&mut self) {
        match self.cell.victim {
            Victim::Engine => self.teller.wait_for("apply"),
            Victim::Supervisor => {}
            _ => self.random_pause(if self.cell.engine == Engine::Real { 800 } else { 160 }),
        }
    }

    /// Until the agent is about to report, or has.
    fn wait_for_report(&mut self) {
        self.teller.wait_for("done");
        let deadline = Instant::now() + Duration::from_secs(3);
        let is_reporting = || {
            let mut entries = self.place.jobs().read_dir_utf8().expect("an agent has it").flatten();
            !entries.any(|entry| entry.path().is_dir() && !entry.path().join("report.json").exists())
        };
        while !is_reporting() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(300));
        }
    }

    fn random_pause(&mut self, ms_max: u64) {
        std::thread::sleep(Duration::from_micros(self.random.random_range(0..ms_max * 1000)));
    }

    fn kill(&mut self) {
        let away = Duration::from_millis(self.random.random_range(0..AWAY_MS_MAX));
        kill_and_restart(&mut self.place, &self.cell, away);
        if !self.cell.ends_by_order() {
            self.teller.open_all();
        }
    }

    /// Waits for the end of the run.
    pub async fn ended(&self) -> String {
        self.asking.wait_for(&self.run, &ENDED, PATIENCE).await
    }
}

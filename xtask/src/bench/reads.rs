//! Reading runs and plans: the list of a workspace with many runs, and the rate on one processor.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::api::{Api, Run};
use super::fill::Shell;
use super::load::{Question, at_rate, rates};
use super::postgres::Postgres;
use super::processor::on_cpu;
use super::program::{Place, Programs};
use super::series::{Series, Unit};

const LIST_TARGET_MS: f64 = 2.0;
const LIST_RATE: u32 = 50;
const PAGE: usize = 20;
const SQLITE_RATE_TARGET: f64 = 5_000.0;
const POSTGRES_RATIO_TARGET: f64 = 0.4;
const RATE_TIME: Duration = Duration::from_secs(2);
const RATE_SAMPLES: usize = 5;
const BEHAVIOUR: &[u8] = br#"{"plan": [{"plan": {}}]}"#;

/// Both databases, each size.
pub(super) fn measure(programs: &Programs, sizes: &[usize], samples: usize) -> Result<Vec<Series>> {
    let mut all = on_database(programs, sizes, samples, None)?;
    let postgres = Postgres::start()?;
    all.extend(on_database(programs, sizes, samples, Some(&postgres))?);
    Ok(all)
}

fn on_database(
    programs: &Programs,
    sizes: &[usize],
    samples: usize,
    postgres: Option<&Postgres>,
) -> Result<Vec<Series>> {
    let name = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut place = Place::new(programs, &programs.fake_engine)?;
    if let Some(postgres) = postgres {
        place.use_database(postgres.url())?;
    }
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", BEHAVIOUR)])?;
    // Lists leave out plan-only runs.
    let run = api.run_with(&workspace, &configuration, &json!({}))?;
    api.log_to_its_end(&run)?;
    api.wait_for(&run, "planned_and_finished")?;
    server.stop()?;
    let shell = match postgres {
        Some(postgres) => postgres.shell()?,
        None => Shell::Sqlite(place.data_dir().join("terrane.db")),
    };
    let mut all = Vec::new();
    let mut have = 1;
    for &size in sizes {
        println!("  {name}: filling to {size} runs");
        shell.copy(&run.id, have, size - 1)?;
        have = size;
        all.extend(of_size(&place, &api, (&workspace, &run), (name, size), samples)?);
        if Some(&size) == sizes.first() {
            all.extend(of_rate(&place, &api, &run, name, postgres)?);
        }
    }
    Ok(all)
}

fn of_size(
    place: &Place,
    api: &Api,
    (workspace, run): (&str, &Run),
    (name, size): (&str, usize),
    samples: usize,
) -> Result<Vec<Series>> {
    let (server, _) = place.start_alone()?;
    let question =
        |path: String, text: String, count| Question { path, token: api.token().to_owned(), text, count };
    let list = question(
        format!("/api/v2/workspaces/{workspace}/runs?page%5Bsize%5D={PAGE}"),
        "\"type\":\"runs\"".to_owned(),
        PAGE,
    );
    let mut listed =
        Series::new(format!("{name}: list of 20, {size} runs"), Unit::Milliseconds).target(LIST_TARGET_MS);
    listed.samples = at_rate(server.address, &list, LIST_RATE, samples)?;
    let one = question(format!("/api/v2/runs/{}", run.id), format!("\"id\":\"{}\"", run.id), 1);
    let mut read = Series::new(format!("{name}: GET run, {size} runs"), Unit::Milliseconds);
    read.samples = at_rate(server.address, &one, LIST_RATE, samples)?;
    server.stop()?;
    Ok(vec![listed, read])
}

/// Run and plan in turn; the server alone has its processor.
fn of_rate(
    place: &Place,
    api: &Api,
    run: &Run,
    name: &str,
    postgres: Option<&Postgres>,
) -> Result<Vec<Series>> {
    let server = on_cpu(true, || Ok(place.start_alone()?.0))?;
    let questions = [("runs", &run.id), ("plans", &run.plan)].map(|(kind, id)| Question {
        path: format!("/api/v2/{kind}/{id}"),
        token: api.token().to_owned(),
        text: format!("\"id\":\"{id}\",\"type\":\"{kind}\""),
        count: 1,
    });
    let mut rate = Series::new(format!("{name}: GET run, GET plan, one processor"), Unit::PerSecond);
    rate.samples = on_cpu(false, || rates(server.address, &questions, RATE_TIME, RATE_SAMPLES))?;
    server.stop()?;
    let Some(postgres) = postgres else { return Ok(vec![rate.target(SQLITE_RATE_TARGET)]) };
    let mut peer = Series::new("PostgreSQL: point reads by pgbench, one processor", Unit::PerSecond);
    for _ in 0..RATE_SAMPLES {
        peer.samples.push(postgres.point_reads(&run.id, RATE_TIME)?);
    }
    Ok(vec![rate.peer(&peer).ratio_target(POSTGRES_RATIO_TARGET), peer])
}

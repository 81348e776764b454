//! Memory of a server that has nothing to do.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

use super::program::{Place, Programs};
use super::series::{Series, Unit};

const TARGET_MB: f64 = 25.0;
/// Each sample waits for its server, so there are few.
const SERVERS: usize = 5;
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// So many looks in a row must see the same.
const SAME_LOOKS: usize = 4;
const LOOKS_MAX: usize = 30;

pub(super) fn measure(programs: &Programs, engine: &Path) -> Result<Vec<Series>> {
    let mut fresh = Series::new("idle: resident, fresh", Unit::Megabytes).target(TARGET_MB);
    for _ in 0..SERVERS {
        let place = Place::new(programs, engine)?;
        let (server, _) = place.start()?;
        let (mut last, mut same) = (0.0, 0);
        for _ in 0..LOOKS_MAX {
            sleep(LOOK_AGAIN);
            let now = server.resident_mb()?;
            same = if now == last { same + 1 } else { 0 };
            last = now;
            if same == SAME_LOOKS {
                break;
            }
        }
        fresh.samples.push(last);
        server.stop()?;
    }
    Ok(vec![fresh])
}

//! From the start of the process to the first 200 of `/readyz`.

use anyhow::Result;

use super::peers::version_ms;
use super::program::{Place, Programs};
use super::run::WARM_UP;
use super::series::{Series, Unit};

const TARGET_MS: f64 = 60.0;

pub(super) fn measure(programs: &Programs, samples: usize) -> Result<Vec<Series>> {
    let mut peer = Series::new("terrane --version", Unit::Milliseconds);
    let line = |name| Series::new(name, Unit::Milliseconds).target(TARGET_MS).peer(&peer);
    let mut new = line("ready: exec to first 200, new data");
    let mut used = line("ready: exec to first 200, used data");
    let kept = Place::new(programs, &programs.fake_engine)?;
    for number in 0..samples + WARM_UP {
        let fresh = Place::new(programs, &programs.fake_engine)?;
        let mut milliseconds = [0.0; 2];
        for (place, sample) in [&fresh, &kept].into_iter().zip(&mut milliseconds) {
            let (server, time) = place.start()?;
            *sample = time.as_secs_f64() * 1e3;
            server.stop()?;
        }
        let peer_ms = version_ms(&programs.terrane)?;
        if number >= WARM_UP {
            new.samples.push(milliseconds[0]);
            used.samples.push(milliseconds[1]);
            peer.samples.push(peer_ms);
        }
    }
    Ok(vec![new, used, peer])
}

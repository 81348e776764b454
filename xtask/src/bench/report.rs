//! The table for people and the samples as CSV.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::series::Series;

/// Prints a table of all lines.
pub(super) fn print(all: &[Series]) {
    println!(
        "{:<44} {:>4} {:>8} {:>8} {:>8} {:<4} {:>7}  compared",
        "name", "n", "p50", "p90", "max", "unit", "target"
    );
    for series in all {
        println!("{}", line(series, all));
    }
}

fn line(series: &Series, all: &[Series]) -> String {
    let target = match series.target {
        Some(target) if series.is_missed() => format!("{target} MISSED"),
        Some(target) => format!("{target}"),
        None => String::new(),
    };
    let peer = series.peer.as_ref().and_then(|name| all.iter().find(|other| other.name == *name));
    let compared = peer.map_or_else(String::new, |peer| {
        let (own, other) = (series.median(), peer.median());
        let text =
            format!("{:.2} x {} ({:+.1} {})", own / other, peer.name, own - other, series.unit.as_str());
        match series.ratio_target {
            Some(target) if series.is_worse(own / other, target) => {
                format!("{text}, target {target} x MISSED")
            }
            Some(target) => format!("{text}, target {target} x"),
            None => text,
        }
    });
    let [p50, p90, max] = [0.5, 0.9, 1.0].map(|share| format!("{:.1}", series.quantile(share)));
    let (name, count, unit) = (&series.name, series.samples.len(), series.unit.as_str());
    let text = format!("{name:<44} {count:>4} {p50:>8} {p90:>8} {max:>8} {unit:<4} {target:>7}  {compared}");
    text.trim_end().to_owned()
}

/// Writes one row for each sample.
pub(super) fn write_csv(all: &[Series], path: &Path) -> Result<()> {
    let mut text = String::from("name,unit,sample,value\n");
    for series in all {
        for (number, value) in series.samples.iter().enumerate() {
            let unit = series.unit.as_str();
            writeln!(text, "\"{}\",{unit},{number},{value:.3}", series.name)?;
        }
    }
    let folder = path.parent().context("the file has no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

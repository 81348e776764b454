//! Reads a made-up plan and prints the speed: `cargo run --release --example summarize_throughput -- 200`.

use std::{env, error::Error, fmt::Write as _, time::Instant};

use terrane_plan_json::summarize;

const MEGABYTE: usize = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let megabytes: usize = env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    let document = plan(megabytes * MEGABYTE)?;
    let mut report = String::new();
    for _ in 0..3 {
        let start = Instant::now();
        let summary = summarize(document.as_bytes())?;
        let speed = document.len() as f64 / MEGABYTE as f64 / start.elapsed().as_secs_f64();
        writeln!(report, "{speed:.0} MB/s, {} resources, {:?}", summary.resource_changes, summary.counts)?;
    }
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes())?;
    Ok(())
}

/// Resources of about 2.6 kB, half of them hexadecimal digits as in real identifiers, and the same
/// again as prior state, which is passed over.
fn plan(size_bytes: usize) -> Result<String, std::fmt::Error> {
    let actions = [r#""no-op""#, r#""no-op""#, r#""update""#, r#""create""#, r#""delete","create""#];
    let mut document = String::with_capacity(size_bytes + MEGABYTE);
    document.push_str(r#"{"format_version":"1.2","terraform_version":"1.12.6","resource_changes":["#);
    let mut seed = 1_u64;
    let mut index = 0;
    while document.len() < size_bytes / 2 {
        if index > 0 {
            document.push(',');
        }
        write!(
            document,
            r#"{{"address":"module.a[\"k{index}\"].terraform_data.b","mode":"managed","type":"terraform_data","name":"b","index":"k{index}","change":{{"actions":[{}],"before":"#,
            actions[index % actions.len()]
        )?;
        values(&mut document, &mut seed)?;
        document.push_str(r#","after":"#);
        values(&mut document, &mut seed)?;
        document.push_str(r#","after_unknown":{"output":true},"before_sensitive":{},"after_sensitive":{}}}"#);
        index += 1;
    }
    document.push_str(r#"],"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":["#);
    values(&mut document, &mut seed)?;
    while document.len() < size_bytes {
        document.push(',');
        values(&mut document, &mut seed)?;
    }
    document.push_str("]}}},\"configuration\":{},\"errored\":false}");
    Ok(document)
}

fn values(document: &mut String, seed: &mut u64) -> std::fmt::Result {
    document.push_str(r#"{"tags":{"Name":"web \"front\"","team":"platform"},"enabled":true,"count":3"#);
    for attribute in 0..12 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        let id = *seed;
        write!(
            document,
            r#","attribute_{attribute}":"arn:aws:iam::{id:016x}:role/{:016x}","list_{attribute}":["{:x}",{attribute}]"#,
            id.rotate_left(17),
            id >> 40
        )?;
    }
    document.push('}');
    Ok(())
}

//! Redacts one plan and prints, on one line: seconds of the first pass, seconds of the second, bytes read in each, bytes
//! written, secrets, peak resident kilobytes. `cargo run --release --example redact -- PLAN SCHEMAS OUTPUT`

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    time::Instant,
};

use terrane_plan_json::{Known, redact};

/// A file that notes when it is read from its beginning.
struct Noting<'a> {
    file: File,
    starts: &'a mut Vec<Instant>,
}

impl Read for Noting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Noting<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to == SeekFrom::Start(0) {
            self.starts.push(Instant::now());
        }
        self.file.seek(to)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [plan, schemas, output] = arguments.as_slice() else {
        return Err("give the plan, its schemas and the output".into());
    };
    let plan = File::open(plan)?;
    let size_bytes = plan.metadata()?.len();
    let mut starts = Vec::new();
    let reader = Noting { file: plan, starts: &mut starts };
    let done = redact(reader, Some(File::open(schemas)?), &Known::default(), File::create(output)?)?;
    let end = Instant::now();
    let [first, second] = starts.as_slice() else { return Err("it was not read twice".into()) };
    let peak = fs::read_to_string("/proc/self/status")?;
    let peak = peak.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let peak_kb = peak.trim().trim_end_matches(" kB");
    let seconds = [second.duration_since(*first).as_secs_f64(), end.duration_since(*second).as_secs_f64()];
    let (written, secrets) = (done.size_bytes, done.secrets);
    let line = format!("{} {} {size_bytes} {written} {secrets} {peak_kb}\n", seconds[0], seconds[1]);
    io::stdout().write_all(line.as_bytes())?;
    Ok(())
}

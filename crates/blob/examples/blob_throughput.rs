//! Prints how fast 200 MB of JSON are written, read as a whole, streamed, and read by random ranges of 64 KiB.
//!
//! `cargo run --release --example blob_throughput -- FOLDER`; without a folder, a temporary one.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::time::{Duration, Instant};
use terrane_blob::{Blobs, MasterKey, Object, ObjectId};

const TOTAL_BYTES: usize = 200_000_000;
const PIECE_BYTES: usize = 64 * 1024;
const RANGE_BYTES: u64 = 64 * 1024;
const RANGES: usize = 2_000;

/// JSON as an engine writes it: repeated keys, changing names, numbers and identifiers.
fn json() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(TOTAL_BYTES + 1_000);
    let mut state = 88_172_645_463_325_252_u64;
    for number in 0.. {
        if bytes.len() >= TOTAL_BYTES {
            break;
        }
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let change = format!(
            r#"{{"address":"module.network[{}].aws_subnet.private[{number}]","mode":"managed","type":"aws_subnet","provider_name":"registry.opentofu.org/hashicorp/aws","change":{{"actions":["update"],"before":{{"arn":"arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-{state:016x}","cidr_block":"10.{}.{}.0/24","tags":{{"Name":"private-{number}"}}}},"after":{{"cidr_block":"10.{}.{}.0/24","tags":{{"Name":"private-{number}"}}}},"after_unknown":{{"arn":true}},"before_sensitive":{{}},"after_sensitive":{{}}}}}},"#,
            state % 40,
            state >> 8 & 255,
            state >> 16 & 255,
            state >> 24 & 255,
            state >> 32 & 255,
        );
        bytes.extend_from_slice(change.as_bytes());
    }
    bytes.truncate(TOTAL_BYTES);
    bytes
}

fn speed(label: &str, bytes: usize, took: Duration) {
    println!("{label:<28} {:>6.0} MB/s  ({took:.2?})", bytes as f64 / 1e6 / took.as_secs_f64());
}

async fn write(blobs: &Blobs, plain: &[u8]) -> Result<Object, Box<dyn Error>> {
    let started = Instant::now();
    let mut writer = blobs.writer(ObjectId::random());
    for piece in plain.chunks(PIECE_BYTES) {
        writer.write(piece).await?;
    }
    let object = writer.finish().await?;
    speed("write, durable", plain.len(), started.elapsed());
    println!("{:<28} {:>6.1}x", "stored smaller by", object.size_bytes as f64 / object.stored_bytes as f64);
    Ok(object)
}

async fn ranges(blobs: &Blobs, object: &Object, plain: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut took = Vec::with_capacity(RANGES);
    let mut state = 1_u64;
    for _ in 0..RANGES {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let start = (state >> 16) % (object.size_bytes - RANGE_BYTES);
        let started = Instant::now();
        let bytes = blobs.read_range(object, start..start + RANGE_BYTES).await?;
        took.push(started.elapsed());
        let first = usize::try_from(start)?;
        assert_eq!(bytes, plain[first..first + bytes.len()], "the range is the slice");
    }
    took.sort_unstable();
    println!("{:<28} {:?} p50, {:?} p99", "random 64 KiB", took[RANGES / 2], took[RANGES * 99 / 100]);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), Into::into);
    let blobs = Blobs::open(&folder.to_string_lossy(), &MasterKey::generate())?;
    let plain = json();
    for _ in 0..3 {
        let object = write(&blobs, &plain).await?;
        let started = Instant::now();
        assert!(blobs.get(&object, object.size_bytes).await? == plain, "what is read is what was written");
        speed("read whole", plain.len(), started.elapsed());
        let started = Instant::now();
        let mut reader = blobs.read(&object).await?;
        while let Some(bytes) = reader.next().await {
            bytes?;
        }
        speed("stream", plain.len(), started.elapsed());
        ranges(&blobs, &object, &plain).await?;
        blobs.delete(&object.id).await?;
    }
    Ok(())
}

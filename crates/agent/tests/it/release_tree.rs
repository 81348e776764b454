//! A publisher of engines on loopback: releases, and a key of its own that signs them.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use axum::{Router, body::Body, extract::State, http::Uri, response::Response};
use http::StatusCode;
use sha2::{Digest, Sha256};
use terrane_agent::EngineKind;

/// Seconds; every key here is that old.
const MADE: u32 = 1_600_000_000;

/// An OpenPGP key that certifies itself and signs.
pub struct Publisher {
    pair: RsaKeyPair,
    /// The key's packet.
    body: Vec<u8>,
}

impl Publisher {
    pub fn new() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        // SEQUENCE, INTEGER with a zero before its 256 bytes.
        let modulus = &pair.public_key().as_ref()[9..265];
        let mut body = vec![4];
        body.extend(MADE.to_be_bytes());
        body.push(1);
        body.extend(2048_u16.to_be_bytes());
        body.extend(modulus);
        body.extend([0, 17, 1, 0, 1]);
        Self { pair, body }
    }

    /// What people who trust it have in a file.
    pub fn public_key(&self) -> Vec<u8> {
        let name = b"Test <test@terrane.invalid>";
        let named = [&self.framed()[..], &[0xb4], &(name.len() as u32).to_be_bytes(), name].concat();
        let certification = self.signature(0x13, &named, &[2, 27, 0x03]);
        [packet(6, &self.body), packet(13, name), packet(2, &certification)].concat()
    }

    /// A detached signature.
    pub fn sign(&self, document: &[u8]) -> Vec<u8> {
        packet(2, &self.signature(0, document, &[]))
    }

    fn framed(&self) -> Vec<u8> {
        [&[0x99], &(self.body.len() as u16).to_be_bytes()[..], &self.body].concat()
    }

    fn signature(&self, kind: u8, document: &[u8], more: &[u8]) -> Vec<u8> {
        let mut parts = vec![5, 2];
        parts.extend((MADE + 1).to_be_bytes());
        parts.extend(more);
        let mut signed = vec![4, kind, 1, 8];
        signed.extend((parts.len() as u16).to_be_bytes());
        signed.extend(parts);
        let end = [&[4, 0xff][..], &(signed.len() as u32).to_be_bytes()].concat();
        let message = [document, &signed, &end].concat();
        let mut number = vec![0; 256];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut number).expect("signed");
        // No hints, two bytes that nobody looks at, and the number.
        signed.extend([0, 0, 0, 0]);
        signed.extend(2048_u16.to_be_bytes());
        signed.extend(number);
        signed
    }
}

fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[0xc0 | tag, 0xff][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

/// How a file is answered.
#[derive(Clone)]
pub enum Answer {
    /// As it is.
    Whole(Vec<u8>),
    /// The length is that of the whole, but it breaks off in the middle.
    CutOff(Vec<u8>),
    /// Nothing but this status.
    Status(u16),
    /// Some bytes, and then never any more.
    Stuck(Vec<u8>),
}

type Files = Arc<Mutex<HashMap<String, Answer>>>;

/// Serves files until it is dropped.
pub struct ReleaseTree {
    pub url: String,
    files: Files,
    _runtime: tokio::runtime::Runtime,
}

impl ReleaseTree {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let files = Files::default();
        let router = Router::new().fallback(answer).with_state(files.clone());
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
        let listener = listener.expect("a socket");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url: format!("http://{address}"), files, _runtime: runtime }
    }

    pub fn put(&self, path: &str, answer: Answer) {
        self.files.lock().expect("no test panics with it").insert(path.to_owned(), answer);
    }

    pub fn take(&self, path: &str) -> Answer {
        self.files.lock().expect("no test panics with it").remove(path).expect("it was put there")
    }

    /// A whole release; answers the path of its archive.
    pub fn release(
        &self,
        publisher: &Publisher,
        kind: EngineKind,
        version: &str,
        archive: Vec<u8>,
    ) -> String {
        let folder = folder(kind, version);
        let name = format!("{kind}_{version}_linux_{}.zip", architecture());
        let sum: String = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
        let sums = format!("{}  {kind}_{version}_plan9_amd64.zip\n{sum}  {name}\n", "0".repeat(64));
        let signature = match kind {
            EngineKind::Tofu => "gpgsig",
            EngineKind::Terraform => "sig",
        };
        let sums_path = format!("{folder}/{kind}_{version}_SHA256SUMS");
        self.put(&format!("{sums_path}.{signature}"), Answer::Whole(publisher.sign(sums.as_bytes())));
        self.put(&sums_path, Answer::Whole(sums.into_bytes()));
        let path = format!("{folder}/{name}");
        self.put(&path, Answer::Whole(archive));
        path
    }

    /// The list of versions.
    pub fn index(&self, kind: EngineKind, versions: &[&str]) {
        let list: Vec<String> = match kind {
            EngineKind::Tofu => versions.iter().map(|version| format!(r#"{{"id":"{version}"}}"#)).collect(),
            EngineKind::Terraform => versions.iter().map(|version| format!(r#""{version}":{{}}"#)).collect(),
        };
        let (path, text) = match kind {
            EngineKind::Tofu => ("/api.json", format!(r#"{{"versions":[{}]}}"#, list.join(","))),
            EngineKind::Terraform => ("/index.json", format!(r#"{{"versions":{{{}}}}}"#, list.join(","))),
        };
        self.put(path, Answer::Whole(text.into_bytes()));
    }
}

fn folder(kind: EngineKind, version: &str) -> String {
    match kind {
        EngineKind::Tofu => format!("/v{version}"),
        EngineKind::Terraform => format!("/{version}"),
    }
}

fn architecture() -> &'static str {
    if std::env::consts::ARCH == "aarch64" { "arm64" } else { "amd64" }
}

async fn answer(State(files): State<Files>, uri: Uri) -> Response {
    let found = files.lock().expect("no test panics with it").get(uri.path()).cloned();
    let cut = |content: Vec<u8>| {
        let half = axum::body::Bytes::copy_from_slice(&content[..content.len() / 2]);
        futures_util::stream::iter([Ok(half)])
    };
    match found {
        None => status(404),
        Some(Answer::Status(code)) => status(code),
        Some(Answer::Whole(content)) => Response::new(content.into()),
        Some(Answer::CutOff(content)) => {
            let size_bytes = content.len();
            let broken = futures_util::stream::iter([Err(std::io::Error::other("cut off"))]);
            let stream = futures_util::StreamExt::chain(cut(content), broken);
            let mut response = Response::new(Body::from_stream(stream));
            response.headers_mut().insert("content-length", size_bytes.into());
            response
        }
        Some(Answer::Stuck(content)) => {
            let stream = futures_util::StreamExt::chain(cut(content), futures_util::stream::pending());
            Response::new(Body::from_stream(stream))
        }
    }
}

fn status(code: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(code).expect("a status");
    response
}

/// An archive as releases are: one program, stored.
pub fn archive(name: &str, program: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(program);
    let size_bytes = program.len() as u32;
    let mut common = [20_u16, 0, 0, 0, 0].map(u16::to_le_bytes).concat();
    common.extend([crc.sum(), size_bytes, size_bytes].map(u32::to_le_bytes).concat());
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    let mut bytes = [b"PK\x03\x04", &common[..], name.as_bytes(), program].concat();
    let list_at = bytes.len() as u32;
    let list = [b"PK\x01\x02\x14\x00", &common[..], &[0; 14], name.as_bytes()].concat();
    bytes.extend(&list);
    bytes.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(list_at.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// A program that says it is this engine.
pub fn program(kind: EngineKind, version: &str) -> Vec<u8> {
    let outdated = match kind {
        EngineKind::Tofu => "",
        EngineKind::Terraform => r#","terraform_outdated":false"#,
    };
    format!("#!/bin/sh\necho '{{\"terraform_version\":\"{version}\"{outdated}}}'\n").into_bytes()
}

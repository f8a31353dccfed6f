//! A server that takes down what it is asked and answers everything with the same object.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use anyhow::Context;
use parking_lot::Mutex;

/// It can be taken for a charge, a refund, a customer, a credit, or an empty list of any of them.
const ANYTHING: &str = r#"{"id":"x_1","object":"list","data":[],"has_more":false,"url":"/v1/x","amount":1,
"amount_refunded":0,"captured":true,"created":1,"currency":"usd","status":"succeeded","metadata":{}}"#;

/// A way in which every call fails.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Refused,
    KeyRefused,
    Broken,
    Garbled,
    Cut,
}

impl Fault {
    pub(super) const ALL: [Self; 5] = [
        Self::Refused,
        Self::KeyRefused,
        Self::Broken,
        Self::Garbled,
        Self::Cut,
    ];
}

/// An answer as its bytes.
fn answer(fault: Option<Fault>) -> String {
    let error = r#"{"error":{"type":"invalid_request_error","message":"No."}}"#;
    let (status, body) = match fault {
        None => ("200 OK", ANYTHING),
        Some(Fault::Refused) => ("400 Bad Request", error),
        Some(Fault::KeyRefused) => ("401 Unauthorized", error),
        Some(Fault::Broken) => ("500 Internal Server Error", error),
        Some(Fault::Garbled | Fault::Cut) => ("200 OK", "<html>"),
    };
    // More is promised than comes.
    let missing = if matches!(fault, Some(Fault::Cut)) {
        9
    } else {
        0
    };
    let length = body.len() + missing;
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A call, as far as its meaning goes: parameters are decoded, and in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<(String, String)>,
    pub(super) idempotency_key: Option<String>,
    pub(super) version: Option<String>,
}

/// The server. Its thread ends with the process.
pub(super) struct Capture {
    pub(super) base: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Capture {
    /// A server that answers everything, or fails always in this way.
    pub(super) fn start(fault: Option<Fault>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("a port is free")?;
        let capture = Self {
            base: format!("http://{}", listener.local_addr()?),
            calls: Arc::default(),
        };
        let calls = capture.calls.clone();
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let calls = calls.clone();
                thread::spawn(move || serve(socket, &calls, fault));
            }
        });
        Ok(capture)
    }

    /// What was asked since the last time.
    pub(super) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock())
    }
}

fn serve(mut socket: TcpStream, calls: &Mutex<Vec<Call>>, fault: Option<Fault>) {
    while let Some(call) = read(&mut socket) {
        calls.lock().push(call);
        let sent = socket.write_all(answer(fault).as_bytes());
        if sent.is_err() || matches!(fault, Some(Fault::Cut)) {
            return;
        }
    }
}

fn read(socket: &mut TcpStream) -> Option<Call> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).ok()?;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length: usize = header("content-length")
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).ok()?;
    let mut first = head.lines().next()?.split(' ');
    let (method, target) = (first.next()?, first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Call {
        method: method.to_owned(),
        path: path.to_owned(),
        query: pairs(query.as_bytes()),
        body: pairs(&body),
        idempotency_key: header("idempotency-key"),
        version: header("stripe-version"),
    })
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(encoded).into_owned().collect();
    pairs.sort();
    pairs
}

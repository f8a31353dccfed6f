//! A Stripe that fails as it is told: over real sockets, so that the real client meets real faults.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a call for a refund.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// It is made, with this status.
    Pay(&'static str),
    /// It is answered so, and nothing is made: status, `Stripe-Should-Retry`, body.
    Answer(u16, Option<bool>, Value),
    /// It is made, and the answer is cut off: only so many bytes of it arrive.
    PayAndCut(usize),
    /// It is made, and the answer comes too late.
    PayAndStall,
    /// It is made, and the answer is not what it should be.
    PayAndGarble,
    /// The connection is cut before anything is made.
    Reset,
}

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    calls: Vec<Call>,
    refunds: Vec<Value>,
    charge: Value,
    customer: Value,
    /// The answer to everything, whatever it is.
    instead: Option<(u16, Value)>,
    keys: Vec<String>,
    /// What Secrets Manager has, which serves here too.
    secret: Option<String>,
}

/// The server. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Server {
    state: Arc<Mutex<State>>,
    pub(crate) base: String,
}

impl Server {
    pub(crate) async fn start(steps: &[Step]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            steps: steps.iter().cloned().collect(),
            charge: json!({
                "id": "ch_1", "object": "charge", "amount": 200_000, "amount_captured": 200_000,
                "amount_refunded": 0, "captured": true, "created": 1, "currency": "usd",
                "customer": "cus_ada", "disputed": false,
            }),
            customer: json!({"id": "cus_ada", "email": "ada@example.com"}),
            ..State::default()
        };
        let server = Self {
            state: Arc::new(Mutex::new(state)),
            base,
        };
        let shared = server.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let server = shared.clone();
                tokio::spawn(async move { server.serve(socket).await });
            }
        });
        server
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Value, &mut Value)) {
        let mut state = self.state.lock().unwrap();
        let State {
            charge, customer, ..
        } = &mut *state;
        change(charge, customer);
    }

    /// Everything is answered so, until something else is said.
    pub(crate) fn answer_all(&self, answer: Option<(u16, Value)>) {
        self.state.lock().unwrap().instead = answer;
    }

    /// Only these keys open it.
    pub(crate) fn open_to(&self, keys: &[&str]) {
        self.state.lock().unwrap().keys = keys.iter().map(|key| (*key).to_owned()).collect();
    }

    /// What is kept in Secrets Manager from now on.
    pub(crate) fn keep_secret(&self, secret: &str) {
        self.state.lock().unwrap().secret = Some(secret.to_owned());
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    pub(crate) fn refunds(&self) -> Vec<Value> {
        self.state.lock().unwrap().refunds.clone()
    }

    async fn serve(&self, mut socket: TcpStream) {
        while let Some(call) = read(&mut socket).await {
            let (answer, fault) = self.answer(&call);
            match fault {
                Fault::None => {}
                Fault::Reset => {
                    // Unread or lingering data makes the close a reset, as a crashed peer's is.
                    let _ = socket.set_zero_linger();
                    return;
                }
                Fault::Cut(bytes) => {
                    let _ = socket.write_all(&answer.as_bytes()[..bytes]).await;
                    return;
                }
                Fault::Stall => tokio::time::sleep(Duration::from_mins(1)).await,
            }
            if socket.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, call: &Call) -> (String, Fault) {
        let mut state = self.state.lock().unwrap();
        state.calls.push(call.clone());
        if call.path == "/" {
            return (state.secret(), Fault::None);
        }
        let key = call.header("authorization").unwrap_or_default();
        if !state.keys.is_empty() && !state.keys.iter().any(|k| key == format!("Bearer {k}")) {
            let error = json!({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}});
            return (http(401, None, &error.to_string()), Fault::None);
        }
        if let Some((status, body)) = &state.instead {
            return (http(*status, None, &body.to_string()), Fault::None);
        }
        let path = call.path.split('?').next().unwrap_or_default();
        let found = match (call.method.as_str(), path) {
            ("GET", "/v1/charges/ch_1") => state.charge.clone(),
            ("GET", "/v1/customers/cus_ada") => state.customer.clone(),
            ("GET", "/v1/customers/cus_ada/balance_transactions") => {
                json!({"data": [], "has_more": false})
            }
            ("GET", "/v1/customers") => json!({"data": [], "has_more": false}),
            ("GET", "/v1/refunds") => json!({"data": state.refunds, "has_more": false}),
            ("GET", refund) => {
                let id = refund.trim_start_matches("/v1/refunds/");
                let refund = state.refunds.iter().find(|refund| refund["id"] == id);
                refund.cloned().unwrap_or_default()
            }
            _ => return state.refund(call),
        };
        (http(200, None, &found.to_string()), Fault::None)
    }
}

enum Fault {
    None,
    Cut(usize),
    Reset,
    Stall,
}

impl State {
    /// As Secrets Manager answers `GetSecretValue`.
    fn secret(&self) -> String {
        if let Some(secret) = &self.secret {
            return http(200, None, &json!({"SecretString": secret}).to_string());
        }
        let error = json!({"__type": "ResourceNotFoundException", "Message": "There is none."});
        http(400, None, &error.to_string())
    }

    fn refund(&mut self, call: &Call) -> (String, Fault) {
        let step = self.steps.pop_front().unwrap_or(Step::Pay("succeeded"));
        match step {
            Step::Answer(status, retry, body) => {
                (http(status, retry, &body.to_string()), Fault::None)
            }
            Step::Reset => (String::new(), Fault::Reset),
            Step::Pay(status) => (self.pay(call, status), Fault::None),
            Step::PayAndCut(bytes) => (self.pay(call, "succeeded"), Fault::Cut(bytes)),
            Step::PayAndStall => (self.pay(call, "succeeded"), Fault::Stall),
            Step::PayAndGarble => {
                self.pay(call, "succeeded");
                (http(200, None, "<html>Bad gateway</html>"), Fault::None)
            }
        }
    }

    fn pay(&mut self, call: &Call, status: &str) -> String {
        let request_id = call
            .body
            .split('&')
            .find_map(|pair| pair.strip_prefix("metadata%5Brequest_id%5D="));
        let refund = json!({
            "id": format!("re_{}", self.refunds.len() + 1), "object": "refund", "amount": 5000,
            "charge": "ch_1", "currency": "usd", "status": status, "metadata": {"request_id": request_id},
        });
        self.refunds.insert(0, refund.clone());
        http(200, None, &refund.to_string())
    }
}

fn http(status: u16, should_retry: Option<bool>, body: &str) -> String {
    let retry = should_retry.map_or(String::new(), |it| format!("Stripe-Should-Retry: {it}\r\n"));
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nLocation: http://127.0.0.1:9/\r\n{retry}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn read(socket: &mut TcpStream) -> Option<Call> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut first = head.lines().next()?.split(' ');
            let mut call = Call {
                method: first.next()?.to_owned(),
                path: first.next()?.to_owned(),
                head,
                body: String::new(),
            };
            let length = call.header("content-length").and_then(|it| it.parse().ok());
            let length: usize = length.unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                call.body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                return Some(call);
            }
        }
        let read = socket.read(&mut buffer).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}

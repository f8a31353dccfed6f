//! The whole system as its users drive it: over HTTP, and by what stands in their mails.
//!
//! A test reads like what happens: a customer submits, an approver opens a mail and decides, the customer
//! looks. What does not happen panics at the caller's line, with what happened in its place.

mod form;
mod local;
mod mail;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

pub use form::{Form, form};
pub use mail::Mail;

/// The offering that is played unless a test names another.
const OFFERING: &str = "customer-success/refund-request";
/// How long one call may take. A function may have to be compiled first.
const CALL: Duration = Duration::from_mins(2);
/// How long anything may take that waits for no person and no timer, unless a test says otherwise.
const PATIENCE: Duration = Duration::from_mins(1);
/// How large an answer may be, in bytes: an outbox of thousands of mails is read at once.
const LARGEST: u64 = 1 << 30;
/// The pause between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(20);

/// Makes a call, given its method, URL, headers and body.
pub type Transport = fn(&str, &str, &[(&str, &str)], &str) -> Result<Answer, String>;

/// A running stack, seen from outside.
#[derive(Debug)]
pub struct TestClient {
    base: String,
    transport: Option<Transport>,
    inbox: fn(&Self, &str) -> Vec<Mail>,
    patience: Duration,
    agent: Agent,
}

/// A request that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: String,
    /// Where its customer looks.
    pub status_url: String,
}

/// An answer to a call.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// A header that the answer has.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("the answer has no {name}: {self:?}"));
        value.to_str().expect("a header is ASCII")
    }

    /// The body as JSON, or as a JSON text where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| Value::String(self.text.clone()))
    }
}

impl TestClient {
    /// The stack at an address such as `http://127.0.0.1:3000`.
    pub fn at(base: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(CALL))
            .build();
        Self {
            base: base.to_owned(),
            transport: None,
            inbox: Self::local_inbox,
            patience: PATIENCE,
            agent: agent.into(),
        }
    }

    /// Anything that waits for no person and no timer happens within this time.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Makes its calls in another way than by HTTP in the clear, which is all that it does itself.
    #[must_use]
    pub fn with_transport(mut self, transport: Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Reads the mails to an address in another way than the local stack's outbox.
    #[must_use]
    pub fn with_inbox(mut self, inbox: fn(&Self, &str) -> Vec<Mail>) -> Self {
        self.inbox = inbox;
        self
    }

    /// Scheme, host and port.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// An absolute URL for a path; what is absolute stays as it is.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }

    /// Any call.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = self.url(path);
        if let Some(transport) = self.transport {
            let answer = transport(method, &url, headers, body);
            return answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        }
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // An empty text is still a body, which not every method may have.
        let answer = if body.is_empty() && method != "POST" {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer
                .body_mut()
                .with_config()
                .limit(LARGEST)
                .read_to_string()
                .unwrap_or_else(|error| panic!("{method} {url}: {error}")),
        }
    }

    /// A page or document, by its `Accept`.
    #[track_caller]
    pub fn get(&self, path: &str, accept: &str) -> (u16, String) {
        let answer = self.call("GET", path, &[("accept", accept)], "");
        (answer.status, answer.text)
    }

    /// A JSON document.
    #[track_caller]
    pub fn get_json(&self, path: &str) -> Value {
        let (status, body) = self.get(path, "application/json");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("the answer is JSON")
    }

    /// Posts JSON.
    #[track_caller]
    pub fn post_json(&self, path: impl AsRef<str>, body: &Value) -> (u16, Value) {
        let headers = [("content-type", "application/json")];
        self.post(path.as_ref(), &headers, &body.to_string())
    }

    /// Posts a form, as a browser does.
    #[track_caller]
    pub fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.call("POST", path, &headers, &body);
        (answer.status, answer.text)
    }

    #[track_caller]
    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let answer = self.call("POST", path, headers, body);
        (answer.status, answer.json())
    }

    /// Posts the form and gives whatever comes back.
    #[track_caller]
    pub fn try_submit(&self, form: &Form, idempotency_key: Option<&str>) -> (u16, Value) {
        self.submit_text(&form.json().to_string(), idempotency_key)
    }

    /// Posts any text as if it were a JSON form.
    #[track_caller]
    pub fn submit_text(&self, body: &str, idempotency_key: Option<&str>) -> (u16, Value) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(idempotency_key.map(|key| ("idempotency-key", key)));
        self.post(&format!("/services/{OFFERING}/requests"), &headers, body)
    }

    /// Posts the form and expects that it is accepted.
    #[track_caller]
    pub fn submit(&self, form: &Form) -> Submitted {
        Submitted::accepted(&self.try_submit(form, None))
    }

    /// Which version of the process shows the form now.
    #[track_caller]
    pub fn form_version(&self) -> String {
        let (status, page) = self.get(&format!("/services/{OFFERING}"), "text/html");
        let value = page.split_once("name=\"formVersion\" value=\"");
        let value = value.and_then(|(_, rest)| rest.split_once('"'));
        let (version, _) = value.unwrap_or_else(|| panic!("{status} {page}"));
        version.to_owned()
    }

    /// Posts the form as a page does that was shown by that version, and expects that it is accepted.
    #[track_caller]
    pub fn submit_page(&self, form_version: &str, form: &Form) -> Submitted {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("formVersion", form_version);
        for (name, answer) in form.json().as_object().into_iter().flatten() {
            body.append_pair(name, answer.as_str().expect("the answers are texts"));
        }
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        let path = format!("/services/{OFFERING}/requests");
        Submitted::accepted(&self.post(&path, &headers, &body.finish()))
    }

    /// Posts the form to another offering, such as `customer-success/refund-request-routed`, and expects
    /// that it is accepted.
    #[track_caller]
    pub fn submit_to(&self, offering: &str, form: &Form) -> Submitted {
        let path = format!("/services/{offering}/requests");
        Submitted::accepted(&self.post_json(path, form.json()))
    }

    /// What the customer is told.
    #[track_caller]
    pub fn status(&self, request: &Submitted) -> Value {
        self.get_json(&request.status_url)
    }

    /// Waits until the customer is told this status.
    #[track_caller]
    pub fn wait_for_status(&self, request: &Submitted, status: &str) -> Value {
        let wanted = format!("the status {status}");
        self.eventually(&wanted, || {
            let now = self.status(request);
            if now["status"] == status {
                Ok(now)
            } else {
                Err(now.to_string())
            }
        })
    }

    /// All mails to somebody, oldest first.
    #[track_caller]
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        (self.inbox)(self, to)
    }

    /// Waits for a mail to somebody whose subject or text contains the words; the newest of them.
    #[track_caller]
    pub fn mail(&self, to: &str, words: &str) -> Mail {
        let fits = |mail: &Mail| mail.subject.contains(words) || mail.text.contains(words);
        self.wait_for_mail(to, &format!("with {words:?}"), fits)
    }

    /// Waits for a mail to somebody that names a request, and whose subject contains the words; the newest
    /// of them.
    #[track_caller]
    pub fn mail_about(&self, request: &Submitted, to: &str, subject: &str) -> Mail {
        let fits = |mail: &Mail| mail.subject.contains(subject) && mail.text.contains(&request.id);
        self.wait_for_mail(to, &format!("with {subject:?} of {}", request.id), fits)
    }

    #[track_caller]
    fn wait_for_mail(&self, to: &str, which: &str, fits: impl Fn(&Mail) -> bool) -> Mail {
        self.eventually(&format!("a mail to {to} {which}"), || {
            let mails = self.mails(to);
            let newest = mails.iter().rev().find(|mail| fits(mail)).cloned();
            newest.ok_or_else(|| format!("{mails:?}"))
        })
    }

    /// Tries until it succeeds. An error is how things stand meanwhile.
    #[track_caller]
    pub fn eventually<T>(&self, wanted: &str, check: impl Fn() -> Result<T, String>) -> T {
        let begun = Instant::now();
        loop {
            match check() {
                Ok(found) => return found,
                Err(now) => assert!(
                    begun.elapsed() < self.patience,
                    "waited for {wanted}; now {now}"
                ),
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Submitted {
    #[track_caller]
    fn accepted((status, body): &(u16, Value)) -> Self {
        assert_eq!(*status, 202, "{body}");
        Self::read(body)
    }

    /// Reads the answer to a form that was accepted.
    #[track_caller]
    pub fn read(body: &Value) -> Self {
        let text = |field: &str| {
            body[field]
                .as_str()
                .expect("a request that was accepted has it")
                .to_owned()
        };
        Self {
            id: text("requestId"),
            status_url: text("statusUrl"),
        }
    }
}

//! A running stack, seen from outside.

use std::future::Future;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response, redirect};
use serde_json::{Value, json};

use crate::form::Form;
use crate::mail::Mail;
use crate::process::Process;

/// The offering that these tests use.
const OFFERING: &str = "/services/customer-success/refund-request";
/// How long anything may take that does not wait for a person or a timer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running stack.
#[derive(Debug)]
pub struct TestClient {
    process: Process,
    client: Client,
}

/// A request that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: String,
    /// Where its customer looks.
    pub status_url: String,
}

impl TestClient {
    /// A fresh stack that keeps nothing.
    pub async fn open() -> Self {
        Self::with(&["--port", "0", "--ephemeral"]).await
    }

    /// A fresh stack with these people in its teams, as JSON.
    pub async fn with_teams(teams: &str) -> Self {
        Self::started(&["--port", "0", "--ephemeral"], &[("TEAMS", teams)], None).await
    }

    /// A stack started with these arguments.
    pub async fn with(arguments: &[&str]) -> Self {
        Self::started(arguments, &[], None).await
    }

    /// A stack started with these arguments and environment variables.
    pub async fn with_environment(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::started(arguments, environment, None).await
    }

    /// The same, with a limit of files open at once.
    pub async fn with_open_files(
        most: u32,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        Self::started(arguments, environment, Some(most)).await
    }

    async fn started(
        arguments: &[&str],
        environment: &[(&str, &str)],
        open_files: Option<u32>,
    ) -> Self {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build();
        Self {
            process: Process::start(arguments, environment, open_files).await,
            client: client.expect("a client can be built"),
        }
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.process.kill().await;
    }

    /// How much memory the stack uses, without the functions' processes.
    pub fn resident_kib(&self) -> u64 {
        self.process.resident_kib()
    }

    /// Scheme, host and port.
    pub fn base(&self) -> &str {
        &self.process.base
    }

    /// An absolute URL for a path; what is absolute stays as it is.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base())
        }
    }

    /// Any call.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response {
        let mut request = self.client.request(method, self.url(path)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("the stack answers")
    }

    /// A page or document, by its `Accept`.
    pub async fn get(&self, path: &str, accept: &str) -> (u16, String) {
        let response = self
            .call(Method::GET, path, &[("accept", accept)], String::new())
            .await;
        (
            response.status().as_u16(),
            response.text().await.expect("the answer is text"),
        )
    }

    /// A JSON document.
    pub async fn get_json(&self, path: &str) -> Value {
        let (status, body) = self.get(path, "application/json").await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("the answer is JSON")
    }

    /// Posts JSON.
    pub async fn post_json(&self, path: impl AsRef<str>, body: &Value) -> (u16, Value) {
        self.post(
            path.as_ref(),
            &[("content-type", "application/json")],
            body.to_string(),
        )
        .await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> (u16, Value) {
        let response = self.call(Method::POST, path, headers, body).await;
        let (status, text) = (
            response.status().as_u16(),
            response.text().await.expect("the answer is text"),
        );
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// Posts the form and gives whatever comes back.
    pub async fn try_submit(&self, form: &Form, idempotency_key: Option<&str>) -> (u16, Value) {
        self.submit_text(form.json().to_string(), idempotency_key)
            .await
    }

    /// Posts any text as if it were a JSON form.
    pub async fn submit_text(&self, body: String, idempotency_key: Option<&str>) -> (u16, Value) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(idempotency_key.map(|key| ("idempotency-key", key)));
        self.post(&format!("{OFFERING}/requests"), &headers, body)
            .await
    }

    /// Posts the form and expects that it is taken.
    pub async fn submit(&self, form: &Form) -> Submitted {
        let (status, body) = self.try_submit(form, None).await;
        assert_eq!(status, 202, "{body}");
        Submitted::read(&body)
    }

    /// Posts the form to another offering, such as `customer-success/refund-request-routed`, and expects
    /// that it is taken.
    pub async fn submit_to(&self, offering: &str, form: &Form) -> Submitted {
        let path = format!("/services/{offering}/requests");
        let (status, body) = self.post_json(path, form.json()).await;
        assert_eq!(status, 202, "{body}");
        Submitted::read(&body)
    }

    /// Waits until the execution of a request waits for a time to come.
    pub async fn wait_for_timer(&self, request: &Submitted) {
        self.eventually("a state that waits", || async {
            let execution = self.execution(request).await;
            let last = execution["history"].as_array().and_then(|it| it.last());
            match last {
                Some(event) if event["type"] == "WaitStateEntered" => Ok(()),
                _ => Err(execution.to_string()),
            }
        })
        .await;
    }

    /// Posts a form, as a browser does.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let request = self.client.post(self.url(path)).form(fields);
        let response = request.send().await.expect("the stack answers");
        let status = response.status().as_u16();
        (status, response.text().await.expect("the answer is text"))
    }

    /// What the customer is told.
    pub async fn status(&self, request: &Submitted) -> Value {
        self.get_json(&request.status_url).await
    }

    /// Waits until the customer is told this status.
    pub async fn wait_for_status(&self, request: &Submitted, status: &str) -> Value {
        let wanted = format!("the status {status}");
        self.eventually(&wanted, || async {
            let now = self.status(request).await;
            if now["status"] == status {
                Ok(now)
            } else {
                Err(now.to_string())
            }
        })
        .await
    }

    /// All mails to somebody, oldest first.
    pub async fn mails(&self, to: &str) -> Vec<Mail> {
        // A plus is a space in a query.
        let to = to.replace('+', "%2B");
        let mails = self.get_json(&format!("/_local/api/emails?to={to}")).await;
        mails
            .as_array()
            .expect("mails are a list")
            .iter()
            .map(Mail::read)
            .collect()
    }

    /// Waits for a mail to somebody whose subject or text contains the words; the newest of them.
    pub async fn mail(&self, to: &str, words: &str) -> Mail {
        let wanted = format!("a mail to {to} with {words:?}");
        self.eventually(&wanted, || async {
            let mails = self.mails(to).await;
            let fits = |mail: &&Mail| mail.subject.contains(words) || mail.text.contains(words);
            mails
                .iter()
                .rev()
                .find(fits)
                .cloned()
                .ok_or_else(|| format!("{mails:?}"))
        })
        .await
    }

    /// The execution of a request.
    pub async fn execution(&self, request: &Submitted) -> Value {
        self.get_json(&format!("/_local/api/executions/{}", request.id))
            .await
    }

    /// Waits until the execution has ended.
    pub async fn wait_for_end(&self, request: &Submitted) -> Value {
        self.eventually("the execution's end", || async {
            let execution = self.execution(request).await;
            if execution["status"] == "RUNNING" {
                Err(execution.to_string())
            } else {
                Ok(execution)
            }
        })
        .await
    }

    /// Lets a failed execution go on, as a person does with the console's button.
    pub async fn redrive(&self, request: &Submitted) {
        let path = format!("/_local/requests/{}/redrive", request.id);
        let (status, body) = self.post(&path, &[], String::new()).await;
        assert_eq!(status, 303, "{body}");
    }

    /// Lets time jump, and waits for what became due.
    pub async fn advance(&self, by: &str) {
        let (status, body) = self
            .post_json("/_local/api/clock", &json!({ "advance": by }))
            .await;
        assert_eq!(status, 200, "{body}");
    }

    /// The refunds that Stripe made of a charge or payment intent.
    pub async fn refunds(&self, charge: &str) -> Vec<Value> {
        let parameter = if charge.starts_with("pi_") {
            "payment_intent"
        } else {
            "charge"
        };
        self.stripe(&format!("refunds?limit=100&{parameter}={charge}"))
            .await
    }

    /// A list of Stripe's, by what follows `/v1/`.
    pub async fn stripe(&self, list: &str) -> Vec<Value> {
        let path = format!("/_local/stripe/v1/{list}");
        let response = self
            .call(
                Method::GET,
                &path,
                &[("authorization", "Bearer sk_test_e2e")],
                String::new(),
            )
            .await;
        let body: Value = response.json().await.expect("Stripe answers JSON");
        body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("{body}"))
            .clone()
    }

    /// Everything in the table, as DynamoDB writes it.
    pub async fn items(&self) -> Vec<Value> {
        let scan = json!({"TableName": self.table().await, "ConsistentRead": true});
        let items = self.dynamodb("Scan", &scan).await;
        items["Items"].as_array().expect("a scan has items").clone()
    }

    /// Overwrites an item behind everybody's back.
    pub async fn put_item(&self, item: &Value) {
        let put = json!({"TableName": self.table().await, "Item": item});
        self.dynamodb("PutItem", &put).await;
    }

    async fn table(&self) -> Value {
        let tables = self.dynamodb("ListTables", &json!({})).await;
        tables["TableNames"][0].clone()
    }

    async fn dynamodb(&self, operation: &str, body: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target.as_str()),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
            ),
            ("x-amz-date", "20260101T000000Z"),
        ];
        let (status, answer) = self
            .post("/_local/aws/dynamodb", &headers, body.to_string())
            .await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Everything in the table once nothing is being written any more: the sending of mails is
    /// noted down after they are out.
    pub async fn settled_items(&self) -> Vec<Value> {
        let mut before = self.items().await;
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let now = self.items().await;
            if now == before {
                return now;
            }
            before = now;
        }
    }

    /// The audit log of a request: action, actor and detail of each record in order.
    pub async fn trail(&self, request: &Submitted) -> Vec<(String, String, String)> {
        let items = self.items().await;
        let text =
            |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        let mut trail: Vec<&Value> = items
            .iter()
            .filter(|item| {
                item["kind"]["S"] == "audit" && item["requestId"]["S"] == request.id.as_str()
            })
            .collect();
        trail.sort_by_key(|item| text(item, "sk"));
        trail
            .iter()
            .map(|item| {
                (
                    text(item, "action"),
                    text(item, "actor"),
                    text(item, "detail"),
                )
            })
            .collect()
    }

    /// Tries until it succeeds.
    pub async fn eventually<T, F: Future<Output = Result<T, String>>>(
        &self,
        wanted: &str,
        mut check: impl FnMut() -> F,
    ) -> T {
        let begun = Instant::now();
        loop {
            match check().await {
                Ok(found) => return found,
                Err(now) => assert!(begun.elapsed() < PATIENCE, "waited for {wanted}; now {now}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Submitted {
    /// Reads the answer to a form that was taken.
    pub fn read(body: &Value) -> Self {
        let text = |field: &str| {
            body[field]
                .as_str()
                .expect("a request that was taken has it")
                .to_owned()
        };
        Self {
            id: text("requestId"),
            status_url: text("statusUrl"),
        }
    }
}

//! What only the local stack offers: its outbox, its table, its clock, and its Stripe.

use std::thread;
use std::time::Duration;

use domain::stripe::charge_parameter;
use serde_json::{Value, json};

use super::{Mail, Submitted, TestClient};

impl TestClient {
    /// The local stack's outbox.
    #[track_caller]
    pub(super) fn local_inbox(&self, to: &str) -> Vec<Mail> {
        // A plus is a space in a query.
        let to = to.replace('+', "%2B");
        let mails = self.get_json(&format!("/_local/api/emails?to={to}"));
        let mails = mails.as_array().expect("mails are a list");
        mails.iter().map(Mail::read).collect()
    }

    /// Waits until the execution of a request waits for a time to come.
    #[track_caller]
    pub fn wait_for_timer(&self, request: &Submitted) {
        self.eventually("a state that waits", || {
            let execution = self.execution(request);
            let last = execution["history"].as_array().and_then(|it| it.last());
            match last {
                Some(event) if event["type"] == "WaitStateEntered" => Ok(()),
                _ => Err(execution.to_string()),
            }
        });
    }

    /// The execution of a request.
    #[track_caller]
    pub fn execution(&self, request: &Submitted) -> Value {
        self.get_json(&format!("/_local/api/executions/{}", request.id))
    }

    /// Waits until the execution has ended.
    #[track_caller]
    pub fn wait_for_end(&self, request: &Submitted) -> Value {
        self.eventually("the execution's end", || {
            let execution = self.execution(request);
            if execution["status"] == "RUNNING" {
                Err(execution.to_string())
            } else {
                Ok(execution)
            }
        })
    }

    /// Lets a failed execution go on, as a person does with the console's button.
    #[track_caller]
    pub fn redrive(&self, request: &Submitted) {
        let path = format!("/_local/requests/{}/redrive", request.id);
        let (status, body) = self.post(&path, &[], "");
        assert_eq!(status, 303, "{body}");
    }

    /// Lets time jump, and waits for what became due.
    #[track_caller]
    pub fn advance(&self, by: &str) {
        let (status, body) = self.post_json("/_local/api/clock", &json!({ "advance": by }));
        assert_eq!(status, 200, "{body}");
    }

    /// The refunds that Stripe made of a charge or payment intent.
    #[track_caller]
    pub fn refunds(&self, charge: &str) -> Vec<Value> {
        let parameter = charge_parameter(charge);
        self.stripe(&format!("refunds?limit=100&{parameter}={charge}"))
    }

    /// A list of Stripe's, by what follows `/v1/`.
    #[track_caller]
    pub fn stripe(&self, list: &str) -> Vec<Value> {
        let path = format!("/_local/stripe/v1/{list}");
        let key = [("authorization", "Bearer sk_test_client")];
        let body = self.call("GET", &path, &key, "").json();
        let data = body["data"].as_array();
        data.unwrap_or_else(|| panic!("{body}")).clone()
    }

    /// Everything in the table, as DynamoDB writes it.
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        let scan = json!({"TableName": self.table(), "ConsistentRead": true});
        let items = self.dynamodb("Scan", &scan);
        items["Items"].as_array().expect("a scan has items").clone()
    }

    /// Overwrites an item behind everybody's back.
    #[track_caller]
    pub fn put_item(&self, item: &Value) {
        let put = json!({"TableName": self.table(), "Item": item});
        self.dynamodb("PutItem", &put);
    }

    #[track_caller]
    fn table(&self) -> Value {
        let tables = self.dynamodb("ListTables", &json!({}));
        tables["TableNames"][0].clone()
    }

    #[track_caller]
    fn dynamodb(&self, operation: &str, body: &Value) -> Value {
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
        let (status, answer) = self.post("/_local/aws/dynamodb", &headers, &body.to_string());
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Everything in the table once nothing is being written any more: the sending of mails is
    /// noted down after they are out.
    #[track_caller]
    pub fn settled_items(&self) -> Vec<Value> {
        let mut before = self.items();
        loop {
            thread::sleep(Duration::from_millis(300));
            let now = self.items();
            if now == before {
                return now;
            }
            before = now;
        }
    }

    /// The audit log of a request: action, actor and detail of each record in order.
    #[track_caller]
    pub fn audit_log(&self, request: &Submitted) -> Vec<(String, String, String)> {
        let items = self.items();
        let text =
            |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        let is_own =
            |it: &&Value| it["kind"]["S"] == "audit" && it["requestId"]["S"] == request.id.as_str();
        let mut records: Vec<&Value> = items.iter().filter(is_own).collect();
        records.sort_by_key(|item| text(item, "sk"));
        let parts = |item: &&Value| {
            ["action", "actor", "detail"]
                .map(|name| text(item, name))
                .into()
        };
        records.iter().map(parts).collect()
    }
}

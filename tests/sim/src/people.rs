//! Approvers, and customers who have a choice: they get mails, open links and decide, and remember what
//! the answers.

use std::sync::Arc;

use domain::mail::Mail;
use jiff::Timestamp;
use lambda_http::Request;
use lambda_http::request::from_str;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::customers::{code_in, other_than};
use crate::functions::Functions;

/// What a mail that asks lets its reader do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecisionMail {
    pub(crate) to: String,
    pub(crate) link_id: String,
    /// What its links are for: the answers.
    pub(crate) answers: Vec<String>,
    /// When it arrived.
    pub(crate) at: Timestamp,
    code: String,
}

impl DecisionMail {
    /// Reads a mail; `None` if it asks for no decision.
    pub(crate) fn read(mail: &Mail, at: Timestamp) -> Option<Self> {
        let (_, link) = mail.text.split_once("/approvals/")?;
        let links = mail.text.split("?decision=").skip(1);
        let answers = links.filter_map(|rest| rest.split_whitespace().next());
        Some(Self {
            to: mail.to.clone(),
            link_id: link.split(['?', '\n']).next()?.to_owned(),
            answers: answers.map(ToOwned::to_owned).collect(),
            at,
            code: code_in(&mail.text)?,
        })
    }

    /// Whether it lets a customer choose.
    pub(crate) fn is_choice(&self) -> bool {
        !self.answers.iter().any(|answer| answer == "approve")
    }

    /// The same with a code that is not the mail's.
    pub(crate) fn guessing(mut self) -> Self {
        self.code = other_than(&self.code);
        self
    }

    fn post(&self, at: Timestamp, body: &Value) -> Request {
        let path = format!("/approvals/{}", self.link_id);
        let headers = json!({"content-type": "application/json", "accept": "application/json"});
        post(
            CALLER,
            &path,
            &json!({"linkId": self.link_id}),
            &headers,
            at,
            &body.to_string(),
        )
    }
}

/// Where whoever posts is, unless it matters.
pub(crate) const CALLER: &str = "192.0.2.1";

/// A POST as API Gateway hands it to a function.
pub(crate) fn post(
    caller: &str,
    path: &str,
    parameters: &Value,
    headers: &Value,
    at: Timestamp,
    body: &str,
) -> Request {
    let event = json!({
        "version": "2.0", "routeKey": "x", "rawPath": path, "rawQueryString": "",
        "pathParameters": parameters, "headers": headers,
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1",
                "sourceIp": caller, "userAgent": "t"},
            "requestId": "r", "routeKey": "x", "stage": "$default", "time": "",
            "timeEpoch": at.as_millisecond()
        },
        "body": body, "isBase64Encoded": false
    });
    from_str(&event.to_string()).expect("it is an event of API Gateway")
}

/// What is posted to decide.
pub(crate) fn decided(decision: &str) -> Value {
    json!({"decision": decision, "reason": "Because."})
}

/// The answer to a posted decision.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) link_id: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// All who decide. Clones share the answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct People(Arc<Mutex<Vec<Reply>>>);

impl People {
    /// The answers that they got, in order.
    pub(crate) fn replies(&self) -> Vec<Reply> {
        self.0.lock().clone()
    }

    /// Posts something with the code of a mail, and remembers the answer.
    pub(crate) async fn send(
        &self,
        functions: &Functions,
        mail: &DecisionMail,
        mut body: Value,
    ) -> Reply {
        body["code"] = json!(mail.code);
        let http = mail.post(functions.line.clock.now(), &body);
        let page = async { functions.pages().handle(&http).await };
        let (status, body) = functions.serve("RecordApproval", page).await;
        let reply = Reply {
            link_id: mail.link_id.clone(),
            status,
            body,
        };
        let mut all = self.0.lock();
        all.push(reply.clone());
        reply
    }
}

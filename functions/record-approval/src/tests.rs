//! Who may decide, when, with what, and what everyone else is told.

use domain::approval::Decision;
use domain::id::{PhaseName, RequestId};
use domain::mail::{Mail, MailError};
use domain::one_time_code::WRONG_CODES;
use domain::table::Write;
use domain::task::{ApprovalConfig, Confirm};
use domain::team::Teams;
use domain::workflow::WorkflowError;
use lambda_http::request::from_str;
use serde_json::{Value, json};
use testing::MemoryMailer;
use testing::MemoryStripe;
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;
use testing::fixtures::approval::{link_keys, waiting};

use super::*;

mod amount;
mod charge;
mod choice;
mod deciding;
mod elsewhere;
mod fresh;
mod guessing;
mod hostile;
mod not_recorded;
mod numbers;
mod ownership;

/// The page's button to approve.
const APPROVE: &str = r#"name="decision" value="approve""#;
const TEAM: [&str; 3] = [
    "csm-1@example.com",
    "csm-2@example.com",
    "csm-3@example.com",
];
const FORM: &str = "application/x-www-form-urlencoded";

type Function = RecordApproval<MemoryTable, MemoryStripe, MemoryMailer, MemoryWorkflow>;

struct Fixture {
    function: Function,
    id: RequestId,
    phase: PhaseName,
    secrets: Vec<(String, String)>,
}

async fn asked() -> Fixture {
    asked_with(|_| {}).await
}

async fn asked_with(change: impl FnOnce(&mut ApprovalConfig)) -> Fixture {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let id = request.request_id;
    let mut waiting = waiting(id, 0, "token-1");
    change(&mut waiting.task.config);
    let approval = Approval::ask(&waiting, 1, &TEAM.map(str::to_owned), &link_keys());
    opened(store, approval).await
}

/// The settings of a deployment with these teams.
fn settings(teams: &str) -> Cached<Settings> {
    let teams = Teams::parse(teams).unwrap();
    Settings {
        teams,
        ..Settings::default()
    }
    .into()
}

/// With the question, and the links of those who are asked, in the table.
async fn opened(store: RequestStore<MemoryTable>, approval: Approval) -> Fixture {
    let mut writes = vec![Write::create(&approval)];
    writes.extend(approval.links(&link_keys()).iter().map(Write::create));
    store.table().commit(writes).await.unwrap();
    let people = approval.approvers.iter();
    let secrets = people.map(|who| approval.secrets(&link_keys(), &who.email));
    let secrets = secrets.collect();
    let teams = json!({"csm-team": TEAM, "csm-manager": ["boss@example.com"]});
    let function = RecordApproval {
        store,
        stripe: MemoryStripe::default(),
        mailer: MemoryMailer::default(),
        workflow: MemoryWorkflow::default(),
        settings: settings(&teams.to_string()),
        link_keys: link_keys().into(),
    };
    Fixture {
        function,
        id: approval.request_id,
        phase: approval.phase,
        secrets,
    }
}

/// A request as API Gateway sends it, at a second of 1970.
fn http(method: &str, link: &str, second: i64, content_type: &str, body: &str) -> Request {
    let event = json!({
        "version": "2.0",
        "routeKey": format!("{method} /approvals/{{linkId}}"),
        "rawPath": format!("/approvals/{link}"),
        "rawQueryString": "decision=reject",
        "queryStringParameters": {"decision": "reject"},
        "pathParameters": {"linkId": link},
        "headers": {"content-type": content_type, "host": "evil.example"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
            "http": {"method": method, "path": format!("/approvals/{link}"), "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "t"},
            "requestId": "r", "routeKey": "x", "stage": "$default", "time": "", "timeEpoch": second * 1000
        },
        "body": body,
        "isBase64Encoded": false
    });
    from_str(&event.to_string()).unwrap()
}

fn answer(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    (
        status,
        String::from_utf8(response.into_body().to_vec()).unwrap(),
    )
}

/// The link and the code in a mail.
fn secrets_in(mail: &Mail) -> (String, String) {
    let find = |start: &str| mail.text.lines().find_map(|line| line.strip_prefix(start));
    let link = find("Approve: ").unwrap().split(['/', '?']).nth(4).unwrap();
    (link.to_owned(), find("Code: ").unwrap().to_owned())
}

impl Fixture {
    async fn get(&self, who: usize) -> (u16, String) {
        let request = http("GET", &self.secrets[who].0, 60, "", "");
        answer(self.function.handle(&request).await)
    }

    async fn form(&self, who: usize, body: &str) -> (u16, String) {
        let request = http("POST", &self.secrets[who].0, 60, FORM, body);
        answer(self.function.handle(&request).await)
    }

    async fn post_at(&self, who: usize, second: i64, body: &Value) -> (u16, Value) {
        self.post_to(&self.secrets[who].0, second, body).await
    }

    async fn post_to(&self, link: &str, second: i64, body: &Value) -> (u16, Value) {
        let request = http("POST", link, second, "application/json", &body.to_string());
        let (status, text) = answer(self.function.handle(&request).await);
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn decide(&self, who: usize, decision: &str) -> (u16, Value) {
        let body = json!({"decision": decision, "code": self.secrets[who].1, "reason": "Because."});
        self.post_at(who, 60, &body).await
    }

    async fn guess(&self, who: usize, code: &str) -> (u16, Value) {
        let body = json!({"decision": "approve", "code": code});
        self.post_at(who, 60, &body).await
    }

    /// A code that is wrong for everybody.
    fn wrong_code(&self) -> String {
        let mut codes = (0..).map(|n| format!("{n:06}"));
        codes
            .find(|code| self.secrets.iter().all(|(_, c)| c != code))
            .unwrap()
    }

    async fn approval(&self) -> Approval {
        let approval = self.function.store.approval(self.id, &self.phase).await;
        let approval = approval.unwrap();
        approval.unwrap().value
    }

    async fn decision(&self) -> Option<Decision> {
        self.approval().await.decision().cloned()
    }

    fn actions(&self) -> Vec<String> {
        let items = self.function.store.table().items();
        let audit = items.iter().filter(|item| item.kind == "audit");
        audit
            .map(|item| item.body["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

//! Who may decide, when, with what, and what everyone else is told.

use lambda_http::request::from_str;
use serde_json::{Value, json};
use shared::approval::fixture::{link_key, waiting};
use shared::id::RequestId;
use shared::request::fixture;
use shared::table::memory::MemoryTable;
use shared::workflow::MemoryWorkflow;

use super::*;

const TEAM: [&str; 2] = ["csm-1@example.com", "csm-2@example.com"];
const FORM: &str = "application/x-www-form-urlencoded";

type Function = RecordApproval<MemoryTable, MemoryWorkflow>;

struct Asked {
    function: Function,
    id: RequestId,
    secrets: Vec<(String, String)>,
}

async fn asked() -> Asked {
    let desk = Desk::new(MemoryTable::default());
    let (request, record) = fixture::request();
    desk.create(&request, &record, Vec::new()).await.unwrap();
    let id = request.request_id;
    let approval = Approval::ask(&waiting(id, 0, "token-1"), 1, &TEAM.map(str::to_owned));
    let mut writes = vec![Write::create(&approval)];
    writes.extend(approval.links(&link_key()).iter().map(Write::create));
    desk.table().commit(writes).await.unwrap();
    let secrets = TEAM
        .iter()
        .map(|who| approval.secrets(&link_key(), who))
        .collect();
    let function = RecordApproval {
        desk,
        workflow: MemoryWorkflow::default(),
        link_key: link_key(),
    };
    Asked {
        function,
        id,
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

impl Asked {
    async fn get(&self, who: usize) -> (u16, String) {
        answer(
            self.function
                .handle(&http("GET", &self.secrets[who].0, 60, "", ""))
                .await,
        )
    }

    async fn post_at(&self, who: usize, second: i64, body: &Value) -> (u16, Value) {
        let request = http(
            "POST",
            &self.secrets[who].0,
            second,
            "application/json",
            &body.to_string(),
        );
        let (status, text) = answer(self.function.handle(&request).await);
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn decide(&self, who: usize, decision: &str) -> (u16, Value) {
        let body = json!({"decision": decision, "code": self.secrets[who].1, "reason": "Because."});
        self.post_at(who, 60, &body).await
    }

    async fn decision(&self) -> Option<Decision> {
        let approval = self
            .function
            .desk
            .approval(self.id, &"CSM Review".parse().unwrap())
            .await
            .unwrap();
        approval.unwrap().value.decision
    }
}

fn answer(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    (
        status,
        String::from_utf8(response.into_body().to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn opening_the_link_shows_the_case_and_changes_nothing() {
    let asked = asked().await;
    let before = asked.function.desk.table().items();
    let (status, page) = asked.get(0).await;
    assert_eq!(status, 200);
    for text in [
        "Refund?",
        "$50.00",
        "ch_1",
        "Charged twice in May.",
        TEAM[0],
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(
        page.contains(r#"value="reject" required checked"#),
        "the link's choice is preset"
    );
    assert!(
        !page.contains(&asked.secrets[0].1),
        "the code is in the mail only"
    );
    assert_eq!(asked.function.desk.table().items(), before);
    assert!(asked.function.workflow.calls().is_empty());
}

#[tokio::test]
async fn a_decision_is_recorded_and_the_execution_is_told() {
    let asked = asked().await;
    let (status, body) = asked.decide(0, "approve").await;
    assert_eq!(
        (status, &body["outcome"], &body["decidedBy"]),
        (200, &json!("approve"), &json!(TEAM[0]))
    );
    assert_eq!(body["decidedAt"], "1970-01-01T00:01:00Z");
    assert_eq!(
        asked.function.workflow.calls(),
        [("token-1".to_owned(), "approve".to_owned())]
    );
    let items = asked.function.desk.table().items();
    let last = items.iter().rfind(|item| item.kind == "audit").unwrap();
    assert_eq!(
        (&last.body["actor"], &last.body["action"]),
        (&json!(TEAM[0]), &json!("approve"))
    );
}

#[tokio::test]
async fn of_two_approvers_one_wins_and_the_other_is_told() {
    let asked = asked().await;
    let (first, second) = tokio::join!(asked.decide(0, "approve"), asked.decide(1, "reject"));
    assert_eq!((first.0, second.0), (200, 200));
    assert_eq!(first.1, second.1, "both are told the same decision");
    let (_, page) = asked.get(1).await;
    let winner = asked.decision().await.unwrap().by.unwrap();
    assert!(page.contains("Already") && page.contains(&winner));
    let decisions = asked.function.desk.table().items();
    let recorded = decisions.iter().filter(|item| item.kind == "audit").count();
    assert_eq!(recorded, 2, "submitted, and one decision");
}

#[tokio::test]
async fn nothing_but_the_own_code_decides() {
    let asked = asked().await;
    let other = asked.secrets[1].1.clone();
    for code in ["", "12345", other.as_str()] {
        let (status, body) = asked
            .post_at(0, 60, &json!({"decision": "approve", "code": code}))
            .await;
        assert_eq!((status, &body["errors"][0]["field"]), (403, &json!("code")));
    }
    for body in [
        json!({}),
        json!({"decision": "maybe", "code": "1"}),
        json!([]),
        json!({"decision": "approve", "code": 1}),
    ] {
        let (status, _) = asked.post_at(0, 60, &body).await;
        assert_eq!(status, 422);
    }
    let code = asked.secrets[0].1.clone();
    let (status, body) = asked
        .post_at(0, 60, &json!({"decision": "reject", "code": code}))
        .await;
    assert_eq!(
        (status, &body["errors"][0]["field"]),
        (422, &json!("reason"))
    );
    let late = 14 * 24 * 3600;
    let (status, _) = asked
        .post_at(0, late, &json!({"decision": "approve", "code": code}))
        .await;
    assert_eq!(status, 410);
    assert_eq!(asked.decision().await, None);
    assert!(asked.function.workflow.calls().is_empty());
}

#[tokio::test]
async fn an_unknown_link_looks_like_any_unknown_address() {
    let asked = asked().await;
    let request = http("GET", "00000000000000000000000000000000", 60, "", "");
    assert_eq!(answer(asked.function.handle(&request).await).0, 404);
}

#[tokio::test]
async fn a_form_that_is_refused_comes_back_filled_in() {
    let asked = asked().await;
    let request = http(
        "POST",
        &asked.secrets[0].0,
        60,
        FORM,
        "decision=reject&code=1&reason=Too+late+%3Cb%3E",
    );
    let (status, page) = answer(asked.function.handle(&request).await);
    assert_eq!(status, 403);
    assert!(page.contains("Too late &lt;b&gt;"));
    assert!(page.contains("not recorded"));
    assert_eq!(asked.decision().await, None);
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let asked = asked().await;
    let body = format!("decision=approve&code={}", asked.secrets[0].1);
    let mut request = http("POST", &asked.secrets[0].0, 60, FORM, &body);
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(answer(asked.function.handle(&request).await).0, 403);
    assert_eq!(asked.decision().await, None);
    request
        .headers_mut()
        .insert("sec-fetch-site", "same-origin".parse().unwrap());
    assert_eq!(answer(asked.function.handle(&request).await).0, 200);
}

#[tokio::test]
async fn a_decision_stands_even_if_the_execution_cannot_be_told() {
    let asked = asked().await;
    for _ in 0..3 {
        asked
            .function
            .workflow
            .fail_next(WorkflowError::Unavailable("ThrottlingException".into()));
    }
    assert_eq!(asked.decide(0, "approve").await.0, 200);
    assert!(asked.function.workflow.calls().is_empty());
    assert_eq!(asked.decide(1, "reject").await.1["outcome"], "approve");
    assert_eq!(
        asked.function.workflow.calls().len(),
        1,
        "a later visit hands it over"
    );
}

#[tokio::test]
async fn a_token_that_was_replaced_meanwhile_is_looked_up_again() {
    let asked = asked().await;
    asked.function.workflow.fail_next(WorkflowError::TokenGone);
    let request = http("POST", &asked.secrets[0].0, 60, FORM, "");
    let case = asked.function.case(&request).await.unwrap();
    let mut newer = asked
        .function
        .desk
        .approval(asked.id, &case.link.phase)
        .await
        .unwrap()
        .unwrap();
    newer.value.task_token = "token-2".parse().unwrap();
    asked.function.desk.save_approval(&mut newer).await.unwrap();
    asked.function.tell_execution(&case, "approve").await;
    assert_eq!(
        asked.function.workflow.calls(),
        [("token-2".to_owned(), "approve".to_owned())]
    );
}

//! Personal data is removed 180 days after a request's end, or when its customer asks; the audit log and the money stay.

use std::path::Path;

use e2e::{LocalStack, Submitted, TestClient, form};
use serde_json::{Value, json};

const ROUTED: &str = "customer-success/refund-request-routed";
const CSM: &str = "csm-1@example.com";
const CUSTOMER: &str = "customer@example.com";
/// Stands in whatever a customer sends, and in the question that they are asked.
const CANARY: &str = "canary";
const REASON: &str = "The terms do not cover this.";

/// A form with a canary in each field that is free.
fn canaries() -> testing::test_client::Form {
    form()
        .charge("ch_demo_guest")
        .with("customerEmail", json!("canary-mail@example.com"))
        .with("stripeCustomerId", json!("cus_canary"))
        .with("notes", json!("canary notes"))
}

/// A request that the customer was asked about, and that was refunded then.
fn refunded(client: &TestClient) -> Submitted {
    let request = client.submit(&canaries());
    let mail = client.mail(CSM, &request.id);
    let ask = json!({"action": "ask", "code": mail.code(), "question": "Which canary?"});
    assert_eq!(client.post_json(mail.address(), &ask).0, 200);
    let question = client.mail("canary-mail@example.com", "Which canary?");
    let reply = json!({"question": 1, "answer": "The canary of May.", "code": question.code()});
    let answers = format!("{}/answers", request.status_url);
    assert_eq!(client.post_json(&answers, &reply).0, 200);
    let approve =
        json!({"decision": "approve", "code": mail.code(), "confirmCharge": "ch_demo_guest"});
    let (status, body) = client.post_json(mail.address(), &approve);
    assert_eq!(status, 200, "{body}");
    client.wait_for_status(&request, "refunded");
    client.wait_for_end(&request);
    request
}

fn rejected(client: &TestClient) -> Submitted {
    let request = client.submit(&canaries());
    client.mail(CSM, &request.id).reject(client, REASON);
    client.wait_for_end(&request);
    request
}

/// The kinds of the items in which a text stands.
fn kinds_with(client: &TestClient, text: &str) -> Vec<String> {
    let mut items = client.items();
    items.retain(|item| item.to_string().contains(text));
    let kind = |item: &Value| item["kind"]["S"].as_str().unwrap_or_default().to_owned();
    items.iter().map(kind).collect()
}

fn wait_until_no_item_has(client: &TestClient, text: &str, but: &[&str]) {
    client.eventually(&format!("no item with {text}"), || {
        let kinds = kinds_with(client, text);
        if kinds.iter().all(|kind| but.contains(&kind.as_str())) {
            Ok(())
        } else {
            Err(format!("{kinds:?}"))
        }
    });
}

/// The files below a folder in which a text stands.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let found = entries.flatten().flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return files_with(&path, text);
        }
        // It may be replaced by a new one at this moment.
        let content = std::fs::read(&path).unwrap_or_default();
        let has = content.windows(text.len()).any(|it| it == text.as_bytes());
        has.then(|| path.display().to_string())
            .into_iter()
            .collect()
    });
    found.collect()
}

#[test]
fn after_180_days_no_answer_is_left_and_the_audit_log_and_the_money_are() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let client = LocalStack::with(&["--port", "0", "--data-dir", folder]);
    let [refunded, rejected] = [refunded(&client), rejected(&client)];
    // One that stopped has not ended.
    let who = ["--by", "ada@example.com", "--because", "tried"];
    client.admin(&[&["payments", "stop"], &who[..]].concat());
    let open = client.submit(&form().with("notes", json!("still needed")));
    client.mail(CSM, &open.id).approve(&client);
    client.wait_for_status(&open, "needs_attention");
    client.wait_for_end(&open);

    let before = client.settled_items();
    let of = |item: &Value, kind: &str| item["kind"]["S"] == kind;
    let money = |items: &[Value]| -> Vec<Value> {
        let mut kept = items.to_vec();
        kept.retain(|item| of(item, "chargeLedger") || of(item, "chargeUse"));
        kept
    };
    let logs = [&refunded, &rejected].map(|request| client.audit_log(request));
    let kinds = kinds_with(&client, CANARY);
    for kind in ["request", "personRequest"] {
        assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
    }
    assert!(!kinds.contains(&"audit".to_owned()), "{kinds:?}");
    assert!(!client.mails("canary-mail@example.com").is_empty());
    client.advance("179d");
    assert!(kinds_with(&client, CANARY).contains(&"request".to_owned()));

    client.advance("2d");
    wait_until_no_item_has(&client, CANARY, &[]);
    wait_until_no_item_has(&client, REASON, &["audit"]);
    let after = client.settled_items();
    assert_eq!(money(&after), money(&before));
    assert!(
        after
            .iter()
            .any(|item| of(item, "request") && item.to_string().contains("still needed"))
    );
    for (request, before) in [&refunded, &rejected].into_iter().zip(logs) {
        let mut log = client.audit_log(request);
        let (action, actor, detail) = log.pop().unwrap();
        assert_eq!(log, before);
        assert_eq!((action.as_str(), actor.as_str()), ("forgotten", "system"));
        assert_eq!(detail, "180 days after the end");
    }
    // The files are written anew once a day.
    client.advance("1d");
    client.eventually("files without the canary", || {
        let files = files_with(data.path(), CANARY);
        if files.is_empty() {
            Ok(())
        } else {
            Err(format!("{files:?}"))
        }
    });
    assert_eq!(client.mails("canary-mail@example.com").len(), 0);

    for (request, status) in [(&refunded, "refunded"), (&rejected, "denied")] {
        let view = client.status(request);
        assert_eq!(
            (&view["status"], &view["reason"]),
            (&json!(status), &Value::Null)
        );
        let (_, page) = client.get(&request.status_url, "text/html");
        assert!(
            page.contains("We no longer keep what you sent us"),
            "{page}"
        );
        let (status, page) = client.get(&format!("/_local/requests/{}", request.id), "text/html");
        assert!(status == 200 && page.contains("Forgotten"), "{page}");
    }
}

#[test]
fn a_person_reads_what_is_stored_and_has_it_erased_and_a_late_reversal_is_recorded() {
    let client = LocalStack::open();
    let plain = client.submit(&form().charge("ch_demo_fails_later"));
    client.mail(CSM, &plain.id).approve(&client);
    client.wait_for_status(&plain, "refunded");
    client.wait_for_end(&plain);
    let open = client.submit(&form());
    client.mail(CSM, &open.id);

    let export = client.admin(&["person", "export", "Customer+any@example.com"]);
    let export: Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["requests"].as_array().unwrap().len(), 2);
    let of = |it: &&Value| it["requestId"] == plain.id.as_str();
    let exported = export["requests"]
        .as_array()
        .unwrap()
        .iter()
        .find(of)
        .unwrap();
    assert!(exported.to_string().contains("I was charged twice."));
    assert_eq!(exported["givenBack"][0]["amount"], "50.00");

    let who = ["--by", "ada@example.com", "--because", "asked by letter"];
    let erase = [&["person", "erase", CUSTOMER], &who[..]].concat();
    let said = client.admin(&erase);
    assert!(
        said.contains(&format!("Forgotten: 1\n  {}", plain.id)),
        "{said}"
    );
    assert!(said.contains(&open.id), "{said}");
    let log = client.admin(&["log"]);
    assert!(
        log.contains("person_erased") && !log.contains(CUSTOMER),
        "{log}"
    );

    client.advance("31m");
    client.wait_for_status(&plain, "needs_attention");
    client.mail(CSM, "came back");
    let actions = client.eventually("a record of the mail", || {
        let log = client.audit_log(&plain).into_iter();
        let mut actions: Vec<_> = log.map(|(action, ..)| action).collect();
        let late = actions.split_off(actions.iter().position(|it| it == "forgotten").unwrap());
        if late.len() == 3 {
            Ok(late)
        } else {
            Err(format!("{late:?}"))
        }
    });
    assert_eq!(actions, ["forgotten", "refund_reversed", "mailed"]);
    let mails = client.mails(CUSTOMER);
    assert!(
        !mails
            .iter()
            .any(|mail| mail.text.contains("did not reach you"))
    );
}

#[test]
fn the_links_of_a_choice_say_nothing_of_the_customer() {
    let client = LocalStack::open();
    let request = client.submit_to(ROUTED, &form().amount("20"));
    client.mail(CSM, &request.id).approve(&client);
    let offer = client.mail(CUSTOMER, "How would you like to get it?");
    offer.choose(&client, "cash");
    client.wait_for_status(&request, "refunded");
    client.wait_for_timer(&request);
    client.advance("7d");
    client.wait_for_end(&request);
    assert!(kinds_with(&client, CUSTOMER).contains(&"approval".to_owned()));
    let who = ["--by", "ada@example.com", "--because", "asked by letter"];
    client.admin(&[&["person", "erase", CUSTOMER], &who[..]].concat());
    assert_eq!(kinds_with(&client, CUSTOMER), Vec::<String>::new());
    let (status, _) = client.get(&offer.address(), "text/html");
    assert_eq!(status, 404);
}

//! What survives when everything stops at once.

use e2e::{LocalStack, form};
use serde_json::json;

#[test]
fn a_waiting_request_survives_kill_9_and_its_mailed_link_still_works() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let client = LocalStack::with(&["--port", "0", "--data-dir", data_dir]);
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    client.mail("csm-2@example.com", "CSM Review");
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    client.kill();

    let client = LocalStack::with(&["--port", &port, "--data-dir", data_dir]);
    assert_eq!(client.status(&request)["status"], "in_review");
    let (status, page) = client.get(&mail.link("approve"), "text/html");
    assert!(status == 200 && page.contains("$50.00"));
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");
    client.wait_for_end(&request);
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);
    assert_eq!(
        client.mails("csm-1@example.com").len(),
        1,
        "nobody is asked twice"
    );
}

#[test]
fn killed_right_after_the_decision_it_completes_after_the_restart_and_pays_once() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let client = LocalStack::with(&["--port", "0", "--data-dir", data_dir]);
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    mail.approve(&client);
    // No waiting: wherever the execution is now, it is cut off there.
    client.kill();

    let client = LocalStack::with(&["--port", &port, "--data-dir", data_dir]);
    client.wait_for_end(&request);
    assert_eq!(client.status(&request)["status"], "refunded");
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);
    client.mail("customer@example.com", "Your refund has been processed");
}

#[test]
fn what_a_wrong_key_stopped_is_paid_once_after_a_redrive_with_the_right_one() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let start = ["--port", "0", "--data-dir", data_dir];
    // Stripe knows no such key: 401.
    let wrong_key = [("STRIPE_API_KEY", "sk_test_")];
    let client = LocalStack::with_environment(&start, &wrong_key);
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    mail.approve(&client);
    let told = client.wait_for_status(&request, "needs_attention");
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("on our side"), "{reason}");
    client.mail("csm-1@example.com", "needs your attention");
    let stopped = client.wait_for_end(&request);
    assert_eq!(
        (&stopped["status"], &stopped["error"]),
        (&"FAILED".into(), &"Request.NeedsAttention".into())
    );
    let records = client.audit_log(&request);
    let is_stop = |(action, _, detail): &(String, String, String)| {
        action == "stopped" && detail == "Stripe.Misconfigured"
    };
    assert!(records.iter().any(is_stop), "{records:?}");
    assert_eq!(
        client.refunds("ch_demo_2000"),
        Vec::<serde_json::Value>::new()
    );
    let mails = client.mails("customer@example.com");
    let [arrival] = &mails[..] else {
        panic!("nothing is denied: {mails:?}");
    };
    assert!(arrival.subject.starts_with("We have your request"));
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    client.kill();

    let client = LocalStack::with(&["--port", &port, "--data-dir", data_dir]);
    assert_eq!(client.status(&request)["status"], "needs_attention");
    client.redrive(&request);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.wait_for_end(&request)["status"], "SUCCEEDED");
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);
    client.mail("customer@example.com", "Your refund has been processed");
    let records = client.audit_log(&request);
    assert!(
        records.iter().any(|(action, ..)| action == "resumed"),
        "{records:?}"
    );
}

#[test]
fn what_was_stored_and_not_started_is_started_on_a_schedule() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    client.mail("csm-1@example.com", "CSM Review");
    let is_unstarted = |item: &serde_json::Value| {
        let pk = item["pk"]["S"].as_str().unwrap_or_default();
        pk.starts_with("UNSTARTED#")
    };
    let left = || client.items().iter().filter(|it| is_unstarted(it)).count();
    client.eventually("that it has started is noted", || match left() {
        0 => Ok(()),
        more => Err(more.to_string()),
    });

    // As if whoever stored it had died before that.
    let shard = &request.id[..1];
    client.put_item(&json!({
        "pk": {"S": format!("UNSTARTED#{shard}")}, "sk": {"S": request.id}, "kind": {"S": "unstarted"}, "version": {"N": "1"},
        "requestId": {"S": request.id}, "offering": {"S": "customer-success/refund-request"},
        "machineVersion": {"S": "arn:aws:states:us-east-1:000000000000:stateMachine:gone:7"},
        "storedAt": {"S": "2026-01-01T00:00:00Z"},
    }));
    assert_eq!(left(), 1);
    client.advance("10m");
    client.eventually(
        "the schedule starts it, which does nothing",
        || match left() {
            0 => Ok(()),
            more => Err(more.to_string()),
        },
    );
    assert_eq!(client.execution(&request)["status"], "RUNNING");
    assert_eq!(client.mails("csm-1@example.com").len(), 1);
}

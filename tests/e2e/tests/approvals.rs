//! Who decides, and what does not decide.

use e2e::{LocalStack, at_once, form};
use serde_json::json;

#[test]
fn of_two_approvers_at_the_same_moment_one_counts_and_both_are_told_which() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let one = client.mail("csm-1@example.com", "CSM Review");
    let two = client.mail("csm-2@example.com", "CSM Review");
    let [yes, no] = at_once([&|| one.decide(&client, "approve", ""), &|| {
        two.decide(&client, "reject", "No.")
    }]);
    assert_eq!((yes.0, no.0), (200, 200));
    assert_eq!(yes.1, no.1, "both are told the same decision");
    let (outcome, by) = (
        yes.1["outcome"].as_str().unwrap(),
        yes.1["decidedBy"].as_str().unwrap(),
    );
    assert!(
        (outcome, by) == ("approve", "csm-1@example.com")
            || (outcome, by) == ("reject", "csm-2@example.com")
    );
    client.wait_for_end(&request);
    let status = if outcome == "approve" {
        "refunded"
    } else {
        "denied"
    };
    assert_eq!(client.status(&request)["status"], status);
    let decisions = client.audit_log(&request);
    let decisions = decisions
        .iter()
        .filter(|(action, ..)| action == "approved" || action == "rejected")
        .count();
    assert_eq!(decisions, 1);
    let refunds = client.refunds("ch_demo_2000").len();
    assert_eq!(refunds, usize::from(outcome == "approve"));
}

#[test]
fn looking_decides_nothing() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    client.mail("csm-2@example.com", "CSM Review");
    let before = client.settled_items();
    for approver in ["csm-1@example.com", "csm-2@example.com"] {
        for link in client.mail(approver, "CSM Review").links() {
            for method in ["GET", "HEAD", "OPTIONS"] {
                client.call(method, &link, &[], "");
            }
        }
    }
    assert_eq!(client.items(), before);
    assert_eq!(client.execution(&request)["status"], "RUNNING");
    assert_eq!(client.status(&request)["status"], "in_review");
}

#[test]
fn without_the_right_code_nothing_is_decided() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    let others = client.mail("csm-2@example.com", "CSM Review").code();
    let before = client.settled_items();
    for code in ["", "1", "junk", "1234567"] {
        let (status, _) = client.post_json(
            mail.address(),
            &json!({"decision": "approve", "code": code}),
        );
        assert_eq!(status, 403);
    }
    for body in [
        json!({}),
        json!({"decision": "approve"}),
        json!({"code": mail.code()}),
        json!("approve"),
    ] {
        let (status, _) = client.post_json(mail.address(), &body);
        assert!((400..500).contains(&status), "{body}: {status}");
    }
    assert_eq!(client.items(), before);
    let (status, _) = mail.decide(&client, "reject", "  ");
    assert_eq!(status, 422, "a rejection needs a reason");
    let another = json!({"decision": "approve", "code": others});
    let (status, _) = client.post_json(mail.address(), &another);
    assert_eq!(status, 403, "each has their own code");
    assert_eq!(client.status(&request)["status"], "in_review");
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");
}

#[test]
fn a_link_works_once_and_then_says_what_came_of_it() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    mail.approve(&client);
    client.wait_for_end(&request);
    let (status, body) = mail.decide(&client, "reject", "Changed my mind");
    assert_eq!((status, &body["outcome"]), (200, &json!("approve")));
    let other = client.mail("csm-2@example.com", "CSM Review");
    let (status, page) = client.get(&other.link("reject"), "text/html");
    assert_eq!(status, 200);
    assert!(
        page.contains("already approved by csm-1@example.com"),
        "{page}"
    );
    assert_eq!(client.status(&request)["status"], "refunded");
}

#[test]
fn the_team_is_reminded_and_in_the_end_the_customer_is_told() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let first = client.mail("csm-1@example.com", "CSM Review");
    client.advance("24h");
    let reminder = client.mail("csm-1@example.com", "Reminder");
    assert_eq!(
        first.link("approve"),
        reminder.link("approve"),
        "the same link, the same code"
    );
    client.advance("13d");
    client.wait_for_status(&request, "denied");
    let end = client.wait_for_end(&request);
    assert_eq!(end["status"], "SUCCEEDED");
    client.mail("customer@example.com", "We did not decide");
    let (status, _) = first.decide(&client, "approve", "");
    assert_eq!(status, 200, "a late approver is told what came of it");
    assert!(client.refunds("ch_demo_2000").is_empty());
}

#[test]
fn a_reminded_approver_can_still_decide_with_the_first_mail() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let first = client.mail("csm-1@example.com", "CSM Review");
    client.advance("3d");
    first.approve(&client);
    client.wait_for_status(&request, "refunded");
}

//! What is decided is what is paid.

use e2e::{LocalStack, form};
use serde_json::Value;

#[test]
fn what_is_changed_after_the_decision_is_not_paid_and_needs_attention() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("1500"));
    client
        .mail("csm-1@example.com", "CSM Review")
        .approve(&client);
    let finance = client.mail("finance-1@example.com", "Finance Approval");
    let items = client.settled_items();
    let stored = items
        .iter()
        .find(|item| item["kind"]["S"] == "request")
        .unwrap();
    let text = stored.to_string();
    let changed = text.replace("150000", "190000");
    assert_ne!(changed, text, "the amount is stored in cents");
    let changed: Value = serde_json::from_str(&changed).unwrap();
    client.put_item(&changed);

    finance.approve(&client);
    client.wait_for_status(&request, "needs_attention");
    assert!(client.refunds("ch_demo_2000").is_empty());
    client.mail("csm-1@example.com", "needs your attention");
    let end = client.wait_for_end(&request);
    assert_eq!(end["status"], "FAILED");
    let records = format!("{:?}", client.audit_log(&request));
    assert!(records.contains("Request.Changed"), "{records}");
}

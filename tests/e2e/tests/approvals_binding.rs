//! What is decided is what is paid.

use e2e::{TestClient, form};
use serde_json::Value;

#[tokio::test]
async fn what_is_changed_after_the_decision_is_not_paid_and_needs_attention() {
    let client = TestClient::open().await;
    let request = client.submit(&form().amount("1500")).await;
    client
        .mail("csm-1@example.com", "CSM Review")
        .await
        .approve(&client)
        .await;
    let finance = client
        .mail("finance-1@example.com", "Finance Approval")
        .await;
    let items = client.settled_items().await;
    let stored = items
        .iter()
        .find(|item| item["kind"]["S"] == "request")
        .unwrap();
    let text = stored.to_string();
    let changed = text.replace("150000", "190000");
    assert_ne!(changed, text, "the amount is stored in cents");
    let changed: Value = serde_json::from_str(&changed).unwrap();
    client.put_item(&changed).await;

    finance.approve(&client).await;
    client.wait_for_status(&request, "needs_attention").await;
    assert!(client.refunds("ch_demo_2000").await.is_empty());
    client
        .mail("csm-1@example.com", "needs your attention")
        .await;
    let end = client.wait_for_end(&request).await;
    assert_eq!(end["status"], "FAILED");
    let trail = format!("{:?}", client.trail(&request).await);
    assert!(trail.contains("Request.Changed"), "{trail}");
}

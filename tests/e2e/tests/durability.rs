//! What survives when everything stops at once.

use e2e::{TestClient, form};

#[tokio::test]
async fn a_waiting_request_survives_kill_9_and_its_mailed_link_still_works() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let client = TestClient::with(&["--port", "0", "--data-dir", data_dir]).await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    client.mail("csm-2@example.com", "CSM Review").await;
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    client.kill().await;

    let client = TestClient::with(&["--port", &port, "--data-dir", data_dir]).await;
    assert_eq!(client.status(&request).await["status"], "in_review");
    let (status, page) = client.get(&mail.link("approve"), "text/html").await;
    assert!(status == 200 && page.contains("$50.00"));
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
    client.wait_for_end(&request).await;
    assert_eq!(client.refunds("ch_demo_2000").await.len(), 1);
    assert_eq!(
        client.mails("csm-1@example.com").await.len(),
        1,
        "nobody is asked twice"
    );
}

#[tokio::test]
async fn killed_right_after_the_decision_it_completes_after_the_restart_and_pays_once() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let client = TestClient::with(&["--port", "0", "--data-dir", data_dir]).await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    mail.approve(&client).await;
    // No waiting: wherever the execution is now, it is cut off there.
    client.kill().await;

    let client = TestClient::with(&["--port", &port, "--data-dir", data_dir]).await;
    client.wait_for_end(&request).await;
    assert_eq!(client.status(&request).await["status"], "refunded");
    assert_eq!(client.refunds("ch_demo_2000").await.len(), 1);
    client
        .mail("customer@example.com", "Your refund has been processed")
        .await;
}

#[tokio::test]
async fn what_a_wrong_key_stopped_is_paid_once_after_a_redrive_with_the_right_one() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let start = ["--port", "0", "--data-dir", data_dir];
    // Stripe knows no such key: 401.
    let wrong_key = [("STRIPE_API_KEY", "sk_test_")];
    let client = TestClient::with_environment(&start, &wrong_key).await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    mail.approve(&client).await;
    let told = client.wait_for_status(&request, "needs_attention").await;
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("on our side"), "{reason}");
    client
        .mail("csm-1@example.com", "needs your attention")
        .await;
    let stopped = client.wait_for_end(&request).await;
    assert_eq!(
        (&stopped["status"], &stopped["error"]),
        (&"FAILED".into(), &"Request.NeedsAttention".into())
    );
    let trail = client.trail(&request).await;
    let is_stop = |(action, _, detail): &(String, String, String)| {
        action == "stopped" && detail == "Stripe.Misconfigured"
    };
    assert!(trail.iter().any(is_stop), "{trail:?}");
    assert_eq!(
        client.refunds("ch_demo_2000").await,
        Vec::<serde_json::Value>::new()
    );
    let mails = client.mails("customer@example.com").await;
    assert!(mails.is_empty(), "nothing is denied: {mails:?}");
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    client.kill().await;

    let client = TestClient::with(&["--port", &port, "--data-dir", data_dir]).await;
    assert_eq!(client.status(&request).await["status"], "needs_attention");
    client.redrive(&request).await;
    client.wait_for_status(&request, "refunded").await;
    assert_eq!(client.wait_for_end(&request).await["status"], "SUCCEEDED");
    assert_eq!(client.refunds("ch_demo_2000").await.len(), 1);
    client
        .mail("customer@example.com", "Your refund has been processed")
        .await;
    let trail = client.trail(&request).await;
    assert!(
        trail.iter().any(|(action, ..)| action == "resumed"),
        "{trail:?}"
    );
}

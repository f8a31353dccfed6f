//! What survives when everything stops at once.

use e2e::{Desk, form};

#[tokio::test]
async fn a_waiting_request_survives_kill_9_and_its_mailed_link_still_works() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let desk = Desk::with(&["--port", "0", "--data-dir", data_dir]).await;
    let request = desk.submit(&form()).await;
    let mail = desk.mail("csm-1@example.com", "CSM Review").await;
    desk.mail("csm-2@example.com", "CSM Review").await;
    let port = desk.base().rsplit(':').next().unwrap().to_owned();
    desk.kill().await;

    let desk = Desk::with(&["--port", &port, "--data-dir", data_dir]).await;
    assert_eq!(desk.status(&request).await["status"], "in_review");
    let (status, page) = desk.get(&mail.link("approve"), "text/html").await;
    assert!(status == 200 && page.contains("$50.00"));
    mail.approve(&desk).await;
    desk.wait_for_status(&request, "refunded").await;
    desk.wait_for_end(&request).await;
    assert_eq!(desk.refunds("ch_demo_2000").await.len(), 1);
    assert_eq!(
        desk.mails("csm-1@example.com").await.len(),
        1,
        "nobody is asked twice"
    );
}

#[tokio::test]
async fn killed_right_after_the_decision_it_completes_after_the_restart_and_pays_once() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let desk = Desk::with(&["--port", "0", "--data-dir", data_dir]).await;
    let request = desk.submit(&form()).await;
    let mail = desk.mail("csm-1@example.com", "CSM Review").await;
    let port = desk.base().rsplit(':').next().unwrap().to_owned();
    mail.approve(&desk).await;
    // No waiting: wherever the execution is now, it is cut off there.
    desk.kill().await;

    let desk = Desk::with(&["--port", &port, "--data-dir", data_dir]).await;
    desk.wait_for_end(&request).await;
    assert_eq!(desk.status(&request).await["status"], "refunded");
    assert_eq!(desk.refunds("ch_demo_2000").await.len(), 1);
    desk.mail("customer@example.com", "Your refund has been processed")
        .await;
}

#[tokio::test]
async fn what_a_wrong_key_stopped_is_paid_once_after_a_redrive_with_the_right_one() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().to_str().unwrap();
    let start = ["--port", "0", "--data-dir", data_dir];
    // Stripe knows no such key: 401.
    let wrong_key = [("STRIPE_API_KEY", "sk_test_")];
    let desk = Desk::with_environment(&start, &wrong_key).await;
    let request = desk.submit(&form()).await;
    let mail = desk.mail("csm-1@example.com", "CSM Review").await;
    mail.approve(&desk).await;
    let told = desk.wait_for_status(&request, "needs_attention").await;
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("on our side"), "{reason}");
    desk.mail("csm-1@example.com", "needs your attention").await;
    let stopped = desk.wait_for_end(&request).await;
    assert_eq!(
        (&stopped["status"], &stopped["error"]),
        (&"FAILED".into(), &"Request.NeedsAttention".into())
    );
    let trail = desk.trail(&request).await;
    let is_stop = |(action, _, detail): &(String, String, String)| {
        action == "stopped" && detail == "Stripe.Misconfigured"
    };
    assert!(trail.iter().any(is_stop), "{trail:?}");
    assert_eq!(
        desk.refunds("ch_demo_2000").await,
        Vec::<serde_json::Value>::new()
    );
    let mails = desk.mails("customer@example.com").await;
    assert!(mails.is_empty(), "nothing is denied: {mails:?}");
    let port = desk.base().rsplit(':').next().unwrap().to_owned();
    desk.kill().await;

    let desk = Desk::with(&["--port", &port, "--data-dir", data_dir]).await;
    assert_eq!(desk.status(&request).await["status"], "needs_attention");
    desk.redrive(&request).await;
    desk.wait_for_status(&request, "refunded").await;
    assert_eq!(desk.wait_for_end(&request).await["status"], "SUCCEEDED");
    assert_eq!(desk.refunds("ch_demo_2000").await.len(), 1);
    desk.mail("customer@example.com", "Your refund has been processed")
        .await;
    let trail = desk.trail(&request).await;
    assert!(
        trail.iter().any(|(action, ..)| action == "resumed"),
        "{trail:?}"
    );
}

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

//! The key in Secrets Manager, over the wire: fetched once, remembered, and fetched anew once when Stripe
//! refuses it.

use adapters::Secrets;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};

use super::*;

pub(super) const NAME: &str = "refund-desk/stripe-key";

/// Stripe as `main` builds it, with Secrets Manager at the server's address.
async fn kept(server: &Server) -> StripeAccess {
    let nobody = Credentials::new("id", "canary-of-aws", None, None, "test");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(nobody))
        .endpoint_url(&server.base)
        .build();
    Secrets::new(&aws).stripe(&settings(server)).await
}

/// How often the secret was read.
fn reads(server: &Server) -> usize {
    let calls = server.calls();
    let wanted = json!({"SecretId": NAME}).to_string();
    let mut reads = calls.iter().filter(|call| call.path == "/");
    let is_right = reads.all(|call| call.body == wanted);
    assert!(is_right, "only this secret is read");
    let target = Some("secretsmanager.GetSecretValue");
    let reads = calls.iter().map(|call| call.header("x-amz-target"));
    reads.filter(|it| *it == target).count()
}

fn asked(server: &Server) -> usize {
    server.calls().len() - reads(server)
}

#[tokio::test]
async fn a_key_in_a_secret_is_read_once_and_again_when_it_was_replaced() {
    let log = Log::default();
    let _listening = log.listen();
    let server = Server::start(&[]).await;
    server.keep_secret("rk_test_canary_old");
    server.open_to(&["rk_test_canary_old"]);
    let mut case = Case::new(kept(&server).await).await;
    assert_eq!(case.run().await, "done");
    assert!(asked(&server) > 1, "several calls to Stripe");
    assert_eq!(reads(&server), 1, "and the key is remembered");

    // It is replaced: the first call that meets a 401 reads it anew, and the rest goes on with it.
    server.keep_secret("rk_test_canary_new");
    server.open_to(&["rk_test_canary_new"]);
    case.id = another(&case).await;
    assert_eq!(case.run().await, "done");
    assert_eq!((reads(&server), server.refunds().len()), (2, 2));
    nothing_private_in(&case.said);
    nothing_private_in(&log.text());
}

#[tokio::test]
async fn a_secret_that_stripe_refuses_is_read_once_more_and_never_in_a_loop() {
    let log = Log::default();
    let _listening = log.listen();
    let server = Server::start(&[]).await;
    server.keep_secret("rk_test_canary_old");
    server.open_to(&["rk_test_another"]);
    let mut case = Case::new(kept(&server).await).await;
    assert_eq!(case.run().await, ALARM);
    assert_eq!(
        (reads(&server), asked(&server)),
        (2, 1),
        "it was the same key"
    );
    assert_eq!(case.run().await, ALARM);
    assert_eq!(
        (reads(&server), asked(&server)),
        (3, 2),
        "once for each run"
    );

    // A newer one that is refused too is not followed by a third.
    server.keep_secret("rk_test_canary_new");
    assert_eq!(case.run().await, ALARM);
    assert_eq!((reads(&server), asked(&server)), (4, 4));
    nothing_private_in(&case.said);
    nothing_private_in(&log.text());
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_waited_for_and_one_that_is_no_key_is_an_alarm() {
    let server = Server::start(&[]).await;
    let mut case = Case::new(kept(&server).await).await;
    assert_eq!(case.run().await, LATER, "there is no such secret yet");
    server.keep_secret("sk_live_canary");
    assert_eq!(case.run().await, ALARM, "a live key was not meant");
    assert_eq!(asked(&server), 0, "Stripe never sees it");
    server.keep_secret("rk_test_canary\n");
    assert_eq!(case.run().await, "done");
    nothing_private_in(&case.said);
}

/// Another request for the same charge.
async fn another(case: &Case) -> RequestId {
    let (request, record) = fixtures::request::request();
    let store = &case.function.store;
    store.create(&request, &record, Vec::new()).await.unwrap();
    request.request_id
}

//! One key, one refund: again, at once, after a day, after a restart.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_acts_once() {
    let app = fresh();
    let form = "charge=ch_other_100&amount=6000&metadata[request_id]=r";
    let first = refund(&app, Some("k1"), form).await;
    // The order of the parameters says nothing.
    let reordered = "metadata[request_id]=r&amount=6000&charge=ch_other_100";
    let again = refund(&app, Some("k1"), reordered).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_ne!(again.header("request-id"), first.header("request-id"));
    assert_eq!(first.header("idempotent-replayed"), None);

    // A refusal stands as well, also when it would be granted by now.
    let refused = refund(&app, Some("k2"), "charge=ch_other_100&amount=5000").await;
    assert_eq!(refused.status, 400);
    let again = refund(&app, Some("k2"), "charge=ch_other_100&amount=5000").await;
    assert_eq!((again.status, &again.body), (400, &refused.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));

    let other = refund(&app, Some("k1"), "charge=ch_other_100&amount=6001").await;
    assert_eq!(other.status, 400);
    assert_eq!(other.error("type"), "idempotency_error");
    assert_eq!(
        other.message(),
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
         using a key other than 'k1' if you meant to execute a different request."
    );
    let elsewhere = post(&app, "/v1/credit_notes", Some("k1"), "amount=5").await;
    assert_eq!(elsewhere.error("type"), "idempotency_error");
    let pair = "('/v1/credit_notes' vs '/v1/refunds')";
    assert!(
        elsewhere.message().contains(pair),
        "{}",
        elsewhere.message()
    );

    let charge = get(&app, "/v1/charges/ch_other_100").await.body;
    assert_eq!(charge["amount_refunded"], 6000);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_with_one_key_are_one() {
    let app = fresh();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(
                async move { refund(&app, Some("k"), "charge=ch_demo_2000&amount=5").await },
            )
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for call in calls {
        ids.insert(call.await.unwrap().body["id"].to_string());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(
        get(&app, "/v1/charges/ch_demo_2000").await.body["amount_refunded"],
        5
    );
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_then_pays_again() {
    let clock = Clock::fixed("2026-11-24T12:00:00Z".parse().unwrap());
    let app = stripe(None, &clock);
    let form = "charge=ch_demo_2000&amount=5";
    let first = refund(&app, Some("k"), form).await;
    clock.jump(Duration::from_secs(24 * 60 * 60 - 1)).unwrap();
    assert_eq!(refund(&app, Some("k"), form).await.body, first.body);
    clock.jump(Duration::from_secs(1)).unwrap();
    let second = refund(&app, Some("k"), form).await;
    assert_eq!(second.header("idempotent-replayed"), None);
    assert_ne!(second.body["id"], first.body["id"]);
    assert_eq!(
        get(&app, "/v1/charges/ch_demo_2000").await.body["amount_refunded"],
        10
    );
}

#[tokio::test]
async fn refunds_keys_and_metadata_survive_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let clock = Clock::system();
    let form = "charge=ch_other_100&amount=6000&metadata[a]=1";
    let app = stripe(Some(data.path()), &clock);
    let first = refund(&app, Some("k"), form).await;
    let refused = refund(&app, Some("k2"), "charge=ch_other_100").await;
    let uri = format!("/v1/refunds/{}", first.body["id"].as_str().unwrap());
    drop(app);

    let app = stripe(Some(data.path()), &clock);
    let again = refund(&app, Some("k"), form).await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_eq!(
        refund(&app, Some("k2"), "charge=ch_other_100").await.body,
        refused.body
    );
    assert_eq!(get(&app, &uri).await.body["metadata"], json!({"a": "1"}));
    let over = refund(&app, Some("k3"), "charge=ch_other_100&amount=1").await;
    assert_eq!(over.error("code"), "charge_already_refunded");
}

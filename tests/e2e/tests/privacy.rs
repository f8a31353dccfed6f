//! Nothing of a customer's, no link and no key is ever in an execution.

use e2e::{TestClient, form};
use serde_json::json;

#[tokio::test]
async fn no_form_value_and_no_link_appears_in_an_execution() {
    let client = TestClient::open().await;
    let canaries = [
        ("customerEmail", "canary-mail@example.com"),
        ("stripeCustomerId", "cus_canary"),
        ("chargeIdToRefund", "ch_canary"),
        ("refundAmount", "612.34"),
        ("notes", "canary notes, never to be seen"),
    ];
    let canary_form = || {
        canaries
            .iter()
            .fold(form(), |form, (name, value)| form.with(name, json!(value)))
    };
    let approved = client.submit(&canary_form()).await;
    let mail = client.mail("csm-1@example.com", &approved.id).await;
    mail.approve(&client).await;
    client
        .mail("finance-1@example.com", &approved.id)
        .await
        .approve(&client)
        .await;
    let rejected = client.submit(&canary_form()).await;
    let other = client.mail("csm-1@example.com", &rejected.id).await;
    other.reject(&client, "canary reason").await;

    for request in [&approved, &rejected] {
        let execution = client.wait_for_end(request).await;
        assert!(
            execution["history"].as_array().unwrap().len() > 10,
            "the whole history is looked at"
        );
        assert!(
            execution["history"][0].get("details").is_some(),
            "with inputs and outputs"
        );
        let text = execution.to_string();
        let key = request.status_url.rsplit('/').next().unwrap();
        let link = mail.address().rsplit('/').next().unwrap().to_owned();
        let mut secrets: Vec<&str> = canaries.iter().map(|(_, value)| *value).collect();
        let code = mail.code();
        secrets.extend([
            "canary",
            "\"cents\":61234",
            key,
            &link,
            &code,
            "rk_test",
            "sk_test",
        ]);
        for secret in secrets {
            assert!(
                !text.contains(secret),
                "{secret} is in the execution: {text}"
            );
        }
    }
}

//! The refund request with everything adapted: who reviews, when Finance is asked, and what the customer
//! is offered.

use e2e::{Form, Mail, Submitted, TestClient, form};
use serde_json::json;

const ROUTED: &str = "customer-success/refund-request-routed";
const CSM: &str = "csm-1@example.com";
const MANAGER: &str = "csm-manager@example.com";
const FINANCE: &str = "finance-1@example.com";
const CUSTOMER: &str = "customer@example.com";
const OFFER: &str = "How would you like to get it?";

async fn submit(client: &TestClient, form: &Form) -> Submitted {
    client.submit_to(ROUTED, form).await
}

/// Submits a request of so much for a charge, and the team approves.
async fn approved(client: &TestClient, charge: &str, amount: &str) -> Submitted {
    let request = submit(client, &form().charge(charge).amount(amount)).await;
    client.mail(CSM, &request.id).await.approve(client).await;
    request
}

/// The mail that offers this request's customer a choice.
async fn offer(client: &TestClient, request: &Submitted) -> Mail {
    let mail = client
        .mail(CUSTOMER, &format!("Request {}", request.id))
        .await;
    assert!(mail.subject.contains(OFFER), "{}", mail.subject);
    mail
}

async fn was_offered(client: &TestClient) -> bool {
    let mails = client.mails(CUSTOMER).await;
    mails.iter().any(|mail| mail.subject.contains(OFFER))
}

#[tokio::test]
async fn a_service_issue_goes_to_the_csm_manager_only_and_others_to_the_team() {
    let client = TestClient::open().await;
    let issue = form().with("reason", json!("Service issue"));
    let request = submit(&client, &issue).await;
    let mail = client.mail(MANAGER, &request.id).await;
    assert!(
        mail.subject.starts_with("Manager Review: "),
        "{}",
        mail.subject
    );
    assert!(client.mails(CSM).await.is_empty());
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
    assert!(client.mails(CSM).await.is_empty());

    let before = client.mails(MANAGER).await.len();
    for reason in ["Duplicate charge", "Customer request", "Other"] {
        let request = submit(&client, &form().with("reason", json!(reason))).await;
        client.mail(CSM, &request.id).await.approve(&client).await;
        client.wait_for_status(&request, "refunded").await;
    }
    assert_eq!(client.mails(MANAGER).await.len(), before);
    assert!(client.mails(FINANCE).await.is_empty());
}

#[tokio::test]
async fn a_goodwill_goes_to_finance_at_any_amount_and_others_from_500_on() {
    let client = TestClient::open().await;
    for (reason, amount) in [("Goodwill", "60"), ("Other", "500")] {
        let form = form().amount(amount).with("reason", json!(reason));
        let request = submit(&client, &form).await;
        client.mail(CSM, &request.id).await.approve(&client).await;
        let mail = client.mail(FINANCE, &request.id).await;
        assert_eq!(client.status(&request).await["phase"], "Finance Approval");
        mail.approve(&client).await;
        client.wait_for_status(&request, "refunded").await;
    }
    let asked = client.mails(FINANCE).await.len();
    let request = approved(&client, "ch_demo_2000", "499.99").await;
    client.wait_for_status(&request, "refunded").await;
    assert_eq!(client.mails(FINANCE).await.len(), asked);
    assert!(!was_offered(&client).await);
}

#[tokio::test]
async fn under_50_the_customer_chooses_a_credit_with_the_code_of_the_mail() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_demo_2000", "49.99").await;
    let mail = offer(&client, &request).await;
    for line in [
        "A credit of $49.99 toward my next invoice: http",
        "$49.99 back to my original payment method: http",
    ] {
        assert!(
            mail.text.lines().any(|it| it.starts_with(line)),
            "{}",
            mail.text
        );
    }

    // Opening the links, and answering without the code or with what is not offered, does nothing.
    let before = client.settled_items().await;
    for option in ["credit", "cash"] {
        let (status, page) = client.get(&mail.link(option), "text/html").await;
        assert_eq!(status, 200);
        for personal in [CUSTOMER, "49.99", "I was charged twice", &mail.code()] {
            assert!(!page.contains(personal), "{personal}");
        }
    }
    let body = json!({"decision": "credit"});
    assert_eq!(client.post_json(mail.address(), &body).await.0, 403);
    assert_eq!(mail.decide(&client, "approve", "").await.0, 422);
    assert_eq!(client.items().await, before);

    mail.choose(&client, "credit").await;
    let credited = client.mail(CUSTOMER, "Your credit is ready").await;
    assert!(credited.text.contains("$49.99"));
    assert_eq!(client.status(&request).await["status"], "refunded");
    assert!(client.refunds("ch_demo_2000").await.is_empty());
    let given = client
        .stripe("customers/cus_demo/balance_transactions")
        .await;
    assert_eq!((given.len(), &given[0]["amount"]), (1, &json!(-4999)));
    assert_eq!(given[0]["metadata"]["request_id"], request.id.as_str());

    let (status, page) = client.get(&mail.link("cash"), "text/html").await;
    assert!(
        status == 200 && page.contains("You have already chosen"),
        "{page}"
    );
    let trail = client.trail(&request).await;
    let chosen = trail
        .iter()
        .find(|(action, ..)| action == "chosen")
        .unwrap();
    assert_eq!(
        (chosen.1.as_str(), chosen.2.as_str()),
        ("customer", "credit")
    );
    let of_customer =
        |it: &&(String, String, String)| it.1.contains('@') || it.2.contains(CUSTOMER);
    let named: Vec<_> = trail.iter().filter(of_customer).collect();
    assert!(named.iter().all(|(_, actor, _)| actor == CSM), "{named:?}");
}

#[tokio::test]
async fn what_an_invoice_was_paid_with_is_credited_by_a_credit_note() {
    let client = TestClient::open().await;
    let request = approved(&client, "pi_demo_invoiced_45", "45").await;
    offer(&client, &request)
        .await
        .choose(&client, "credit")
        .await;
    client.mail(CUSTOMER, "Your credit is ready").await;
    let notes = client.stripe("credit_notes?invoice=in_demo_45").await;
    assert_eq!((notes.len(), &notes[0]["amount"]), (1, &json!(4500)));
}

#[tokio::test]
async fn cash_is_refunded() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_demo_2000", "49.99").await;
    let mail = offer(&client, &request).await;
    mail.choose(&client, "cash").await;
    client
        .mail(CUSTOMER, "Your refund has been processed")
        .await;
    assert_eq!(client.status(&request).await["status"], "refunded");
    assert_eq!(client.refunds("ch_demo_2000").await[0]["amount"], 4999);
    let given = client
        .stripe("customers/cus_demo/balance_transactions")
        .await;
    assert!(given.is_empty());
    let (status, body) = mail.decide(&client, "credit", "").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("cash")));
}

#[tokio::test]
async fn no_answer_in_three_days_is_cash() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_demo_2000", "49.99").await;
    let mail = offer(&client, &request).await;
    client.advance("71h").await;
    assert_eq!(client.status(&request).await["phase"], "Offer Credit");
    assert!(client.refunds("ch_demo_2000").await.is_empty());
    client.advance("1h").await;
    client
        .mail(CUSTOMER, "Your refund has been processed")
        .await;
    let status = client.wait_for_status(&request, "refunded").await;
    assert_eq!(status.get("reason"), None);
    assert_eq!(client.refunds("ch_demo_2000").await.len(), 1);
    let mails = client.mails(CUSTOMER).await;
    assert_eq!(mails.len(), 2, "the offer once, and no reminder: {mails:?}");
    let (status, page) = client.get(&mail.link("credit"), "text/html").await;
    assert!(status == 200 && page.contains("The time to choose is over"));
    let (status, body) = mail.decide(&client, "credit", "").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("expire")));
}

#[tokio::test]
async fn from_50_on_and_without_a_customer_at_stripe_nothing_is_offered() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_demo_2000", "50.00").await;
    client.wait_for_status(&request, "refunded").await;
    assert!(!was_offered(&client).await);

    let guest = form()
        .charge("ch_demo_guest")
        .amount("49.99")
        .with("customerEmail", json!("guest@example.com"));
    let request = submit(&client, &guest).await;
    client.mail(CSM, &request.id).await.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
    for mail in client.mails("guest@example.com").await {
        assert!(!mail.subject.contains(OFFER));
    }
}

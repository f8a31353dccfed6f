//! The refund request with everything adapted: who reviews, when Finance is asked, and what the customer
//! is offered.

use e2e::{Desk, Form, Mail, Submitted, form};
use serde_json::json;

const ROUTED: &str = "customer-success/refund-request-routed";
const CSM: &str = "csm-1@example.com";
const MANAGER: &str = "csm-manager@example.com";
const FINANCE: &str = "finance-1@example.com";
const CUSTOMER: &str = "customer@example.com";
const OFFER: &str = "How would you like to get it?";

async fn submit(desk: &Desk, form: &Form) -> Submitted {
    desk.submit_to(ROUTED, form).await
}

/// Submits a request of so much for a charge, and the team approves.
async fn approved(desk: &Desk, charge: &str, amount: &str) -> Submitted {
    let request = submit(desk, &form().charge(charge).amount(amount)).await;
    desk.mail(CSM, &request.id).await.approve(desk).await;
    request
}

/// The mail that offers this request's customer a choice.
async fn offer(desk: &Desk, request: &Submitted) -> Mail {
    let mail = desk
        .mail(CUSTOMER, &format!("Request {}", request.id))
        .await;
    assert!(mail.subject.contains(OFFER), "{}", mail.subject);
    mail
}

async fn was_offered(desk: &Desk) -> bool {
    let mails = desk.mails(CUSTOMER).await;
    mails.iter().any(|mail| mail.subject.contains(OFFER))
}

#[tokio::test]
async fn a_service_issue_goes_to_the_csm_manager_only_and_others_to_the_team() {
    let desk = Desk::open().await;
    let issue = form().with("reason", json!("Service issue"));
    let request = submit(&desk, &issue).await;
    let mail = desk.mail(MANAGER, &request.id).await;
    assert!(
        mail.subject.starts_with("Manager Review: "),
        "{}",
        mail.subject
    );
    assert!(desk.mails(CSM).await.is_empty());
    mail.approve(&desk).await;
    desk.wait_for_status(&request, "refunded").await;
    assert!(desk.mails(CSM).await.is_empty());

    let before = desk.mails(MANAGER).await.len();
    for reason in ["Duplicate charge", "Customer request", "Other"] {
        let request = submit(&desk, &form().with("reason", json!(reason))).await;
        desk.mail(CSM, &request.id).await.approve(&desk).await;
        desk.wait_for_status(&request, "refunded").await;
    }
    assert_eq!(desk.mails(MANAGER).await.len(), before);
    assert!(desk.mails(FINANCE).await.is_empty());
}

#[tokio::test]
async fn a_goodwill_goes_to_finance_at_any_amount_and_others_from_500_on() {
    let desk = Desk::open().await;
    for (reason, amount) in [("Goodwill", "60"), ("Other", "500")] {
        let form = form().amount(amount).with("reason", json!(reason));
        let request = submit(&desk, &form).await;
        desk.mail(CSM, &request.id).await.approve(&desk).await;
        let mail = desk.mail(FINANCE, &request.id).await;
        assert_eq!(desk.status(&request).await["phase"], "Finance Approval");
        mail.approve(&desk).await;
        desk.wait_for_status(&request, "refunded").await;
    }
    let asked = desk.mails(FINANCE).await.len();
    let request = approved(&desk, "ch_demo_2000", "499.99").await;
    desk.wait_for_status(&request, "refunded").await;
    assert_eq!(desk.mails(FINANCE).await.len(), asked);
    assert!(!was_offered(&desk).await);
}

#[tokio::test]
async fn under_50_the_customer_chooses_a_credit_with_the_code_of_the_mail() {
    let desk = Desk::open().await;
    let request = approved(&desk, "ch_demo_2000", "49.99").await;
    let mail = offer(&desk, &request).await;
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
    let before = desk.settled_items().await;
    for option in ["credit", "cash"] {
        let (status, page) = desk.get(&mail.link(option), "text/html").await;
        assert_eq!(status, 200);
        for personal in [CUSTOMER, "49.99", "I was charged twice", &mail.code()] {
            assert!(!page.contains(personal), "{personal}");
        }
    }
    let body = json!({"decision": "credit"});
    assert_eq!(desk.post_json(mail.address(), &body).await.0, 403);
    assert_eq!(mail.decide(&desk, "approve", "").await.0, 422);
    assert_eq!(desk.items().await, before);

    mail.choose(&desk, "credit").await;
    let credited = desk.mail(CUSTOMER, "Your credit is ready").await;
    assert!(credited.text.contains("$49.99"));
    assert_eq!(desk.status(&request).await["status"], "refunded");
    assert!(desk.refunds("ch_demo_2000").await.is_empty());
    let given = desk.stripe("customers/cus_demo/balance_transactions").await;
    assert_eq!((given.len(), &given[0]["amount"]), (1, &json!(-4999)));
    assert_eq!(given[0]["metadata"]["request_id"], request.id.as_str());

    let (status, page) = desk.get(&mail.link("cash"), "text/html").await;
    assert!(
        status == 200 && page.contains("You have already chosen"),
        "{page}"
    );
    let trail = desk.trail(&request).await;
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
    let desk = Desk::open().await;
    let request = approved(&desk, "pi_demo_invoiced_45", "45").await;
    offer(&desk, &request).await.choose(&desk, "credit").await;
    desk.mail(CUSTOMER, "Your credit is ready").await;
    let notes = desk.stripe("credit_notes?invoice=in_demo_45").await;
    assert_eq!((notes.len(), &notes[0]["amount"]), (1, &json!(4500)));
}

#[tokio::test]
async fn cash_is_refunded() {
    let desk = Desk::open().await;
    let request = approved(&desk, "ch_demo_2000", "49.99").await;
    let mail = offer(&desk, &request).await;
    mail.choose(&desk, "cash").await;
    desk.mail(CUSTOMER, "Your refund has been processed").await;
    assert_eq!(desk.status(&request).await["status"], "refunded");
    assert_eq!(desk.refunds("ch_demo_2000").await[0]["amount"], 4999);
    let given = desk.stripe("customers/cus_demo/balance_transactions").await;
    assert!(given.is_empty());
    let (status, body) = mail.decide(&desk, "credit", "").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("cash")));
}

#[tokio::test]
async fn no_answer_in_three_days_is_cash() {
    let desk = Desk::open().await;
    let request = approved(&desk, "ch_demo_2000", "49.99").await;
    let mail = offer(&desk, &request).await;
    desk.advance("71h").await;
    assert_eq!(desk.status(&request).await["phase"], "Offer Credit");
    assert!(desk.refunds("ch_demo_2000").await.is_empty());
    desk.advance("1h").await;
    desk.mail(CUSTOMER, "Your refund has been processed").await;
    let status = desk.wait_for_status(&request, "refunded").await;
    assert_eq!(status.get("reason"), None);
    assert_eq!(desk.refunds("ch_demo_2000").await.len(), 1);
    let mails = desk.mails(CUSTOMER).await;
    assert_eq!(mails.len(), 2, "the offer once, and no reminder: {mails:?}");
    let (status, page) = desk.get(&mail.link("credit"), "text/html").await;
    assert!(status == 200 && page.contains("The time to choose is over"));
    let (status, body) = mail.decide(&desk, "credit", "").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("expire")));
}

#[tokio::test]
async fn from_50_on_and_without_a_customer_at_stripe_nothing_is_offered() {
    let desk = Desk::open().await;
    let request = approved(&desk, "ch_demo_2000", "50.00").await;
    desk.wait_for_status(&request, "refunded").await;
    assert!(!was_offered(&desk).await);

    let guest = form()
        .charge("ch_demo_guest")
        .amount("49.99")
        .with("customerEmail", json!("guest@example.com"));
    let request = submit(&desk, &guest).await;
    desk.mail(CSM, &request.id).await.approve(&desk).await;
    desk.wait_for_status(&request, "refunded").await;
    for mail in desk.mails("guest@example.com").await {
        assert!(!mail.subject.contains(OFFER));
    }
}

//! The refund request with everything adapted: who reviews, when Finance is asked, and what the customer
//! is offered.

use e2e::{Form, LocalStack, Mail, Submitted, TestClient, form};
use serde_json::json;

const ROUTED: &str = "customer-success/refund-request-routed";
const CSM: &str = "csm-1@example.com";
const MANAGER: &str = "csm-manager@example.com";
const FINANCE: &str = "finance-1@example.com";
const CUSTOMER: &str = "customer@example.com";
const OFFER: &str = "How would you like to get it?";

fn submit(client: &TestClient, form: &Form) -> Submitted {
    client.submit_to(ROUTED, form)
}

/// Submits a request of so much for a charge, and the team approves.
fn approved(client: &TestClient, charge: &str, amount: &str) -> Submitted {
    let request = submit(client, &form().charge(charge).amount(amount));
    client.mail(CSM, &request.id).approve(client);
    request
}

/// The mail that offers this request's customer a choice.
fn offer(client: &TestClient, request: &Submitted) -> Mail {
    client.mail_about(request, CUSTOMER, OFFER)
}

fn was_offered(client: &TestClient) -> bool {
    let mails = client.mails(CUSTOMER);
    mails.iter().any(|mail| mail.subject.contains(OFFER))
}

#[test]
fn a_service_issue_goes_to_the_csm_manager_only_and_others_to_the_team() {
    let client = LocalStack::open();
    let issue = form().with("reason", json!("Service issue"));
    let request = submit(&client, &issue);
    let mail = client.mail(MANAGER, &request.id);
    assert!(
        mail.subject.starts_with("Manager Review: "),
        "{}",
        mail.subject
    );
    assert!(client.mails(CSM).is_empty());
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");
    assert!(client.mails(CSM).is_empty());

    let before = client.mails(MANAGER).len();
    for reason in ["Duplicate charge", "Customer request", "Other"] {
        let request = submit(&client, &form().with("reason", json!(reason)));
        client.mail(CSM, &request.id).approve(&client);
        client.wait_for_status(&request, "refunded");
    }
    assert_eq!(client.mails(MANAGER).len(), before);
    assert!(client.mails(FINANCE).is_empty());
}

#[test]
fn a_goodwill_goes_to_finance_at_any_amount_and_others_from_500_on() {
    let client = LocalStack::open();
    for (reason, amount) in [("Goodwill", "60"), ("Other", "500")] {
        let form = form().amount(amount).with("reason", json!(reason));
        let request = submit(&client, &form);
        client.mail(CSM, &request.id).approve(&client);
        let mail = client.mail(FINANCE, &request.id);
        assert_eq!(client.status(&request)["phase"], "Finance Approval");
        mail.approve(&client);
        client.wait_for_status(&request, "refunded");
    }
    let asked = client.mails(FINANCE).len();
    // Of another charge: this one has given back more already.
    let request = approved(&client, "ch_demo_pi_2000", "499.99");
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.mails(FINANCE).len(), asked);
    assert!(!was_offered(&client));
}

#[test]
fn many_requests_for_a_charge_go_to_finance_where_one_of_their_sum_would() {
    let client = LocalStack::open();
    let first = approved(&client, "ch_demo_pi_2000", "499.99");
    client.wait_for_status(&first, "refunded");
    assert!(client.mails(FINANCE).is_empty());

    // The same charge by its other name. One cent is enough, and what is only asked for counts as well.
    let second = approved(&client, "pi_demo_2000", "0.01");
    let mail = client.mail(FINANCE, &second.id);
    assert_eq!(client.status(&second)["phase"], "Finance Approval");
    mail.reject(&client, "Too many.");
    client.wait_for_status(&second, "denied");

    let offered = approved(&client, "ch_demo_2000", "1");
    offer(&client, &offered);
    let open = submit(&client, &form().charge("ch_demo_2000").amount("498.98"));
    client.mail(CSM, &open.id);
    let last = approved(&client, "ch_demo_2000", "0.02");
    client.mail(FINANCE, &last.id);
}

#[test]
fn under_50_the_customer_chooses_a_credit_with_the_code_of_the_mail() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_2000", "49.99");
    let mail = offer(&client, &request);
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
    let before = client.settled_items();
    for option in ["credit", "cash"] {
        let (status, page) = client.get(&mail.link(option), "text/html");
        assert_eq!(status, 200);
        for personal in [CUSTOMER, "49.99", "I was charged twice", &mail.code()] {
            assert!(!page.contains(personal), "{personal}");
        }
    }
    let body = json!({"decision": "credit"});
    assert_eq!(client.post_json(mail.address(), &body).0, 403);
    assert_eq!(mail.decide(&client, "approve", "").0, 422);
    assert_eq!(client.items(), before);

    mail.choose(&client, "credit");
    let credited = client.mail(CUSTOMER, "Your credit is ready");
    assert!(credited.text.contains("$49.99"));
    assert_eq!(client.status(&request)["status"], "refunded");
    assert!(client.refunds("ch_demo_2000").is_empty());
    let given = client.stripe("customers/cus_demo/balance_transactions");
    assert_eq!((given.len(), &given[0]["amount"]), (1, &json!(-4999)));
    assert_eq!(given[0]["metadata"]["request_id"], request.id.as_str());

    let (status, page) = client.get(&mail.link("cash"), "text/html");
    assert!(
        status == 200 && page.contains("You have already chosen"),
        "{page}"
    );
    let records = client.audit_log(&request);
    let chosen = records
        .iter()
        .find(|(action, ..)| action == "chosen")
        .unwrap();
    assert_eq!(
        (chosen.1.as_str(), chosen.2.as_str()),
        ("customer", "credit")
    );
    let of_customer =
        |it: &&(String, String, String)| it.1.contains('@') || it.2.contains(CUSTOMER);
    let named: Vec<_> = records.iter().filter(of_customer).collect();
    assert!(named.iter().all(|(_, actor, _)| actor == CSM), "{named:?}");
}

#[test]
fn what_an_invoice_was_paid_with_is_credited_by_a_credit_note() {
    let client = LocalStack::open();
    let request = approved(&client, "pi_demo_invoiced_45", "45");
    offer(&client, &request).choose(&client, "credit");
    client.mail(CUSTOMER, "Your credit is ready");
    let notes = client.stripe("credit_notes?invoice=in_demo_45");
    assert_eq!((notes.len(), &notes[0]["amount"]), (1, &json!(4500)));
}

#[test]
fn cash_is_refunded() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_2000", "49.99");
    let mail = offer(&client, &request);
    mail.choose(&client, "cash");
    client.mail(CUSTOMER, "Your refund has been processed");
    assert_eq!(client.status(&request)["status"], "refunded");
    assert_eq!(client.refunds("ch_demo_2000")[0]["amount"], 4999);
    let given = client.stripe("customers/cus_demo/balance_transactions");
    assert!(given.is_empty());
    let (status, body) = mail.decide(&client, "credit", "");
    assert_eq!((status, &body["outcome"]), (200, &json!("cash")));
}

#[test]
fn no_answer_in_three_days_is_cash() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_2000", "49.99");
    let mail = offer(&client, &request);
    client.advance("71h");
    assert_eq!(client.status(&request)["phase"], "Offer Credit");
    assert!(client.refunds("ch_demo_2000").is_empty());
    client.advance("1h");
    client.mail(CUSTOMER, "Your refund has been processed");
    let status = client.wait_for_status(&request, "refunded");
    assert_eq!(status.get("reason"), None);
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);
    let mails = client.mails(CUSTOMER);
    let offers = mails.iter().filter(|mail| mail.subject.contains(OFFER));
    assert_eq!(offers.count(), 1, "no reminder: {mails:?}");
    let (status, page) = client.get(&mail.link("credit"), "text/html");
    assert!(status == 200 && page.contains("The time to choose is over"));
    let (status, body) = mail.decide(&client, "credit", "");
    assert_eq!((status, &body["outcome"]), (200, &json!("expire")));
}

#[test]
fn from_50_on_and_without_a_customer_at_stripe_nothing_is_offered() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_2000", "50.00");
    client.wait_for_status(&request, "refunded");
    assert!(!was_offered(&client));

    let guest = form()
        .charge("ch_demo_guest")
        .amount("49.99")
        .with("customerEmail", json!("guest@example.com"));
    let request = submit(&client, &guest);
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    for mail in client.mails("guest@example.com") {
        assert!(!mail.subject.contains(OFFER));
    }
}

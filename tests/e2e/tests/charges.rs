//! Several requests of one charge, and what others make of it at Stripe: it is given back once.

use e2e::{LocalStack, Submitted, TestClient, at_once, form};
use serde_json::{Value, json};

const ROUTED: &str = "customer-success/refund-request-routed";
const CSM: &str = "csm-1@example.com";
const CUSTOMER: &str = "customer@example.com";
/// What the subject of the mail begins with that offers a choice.
const OFFER: &str = "Your refund was approved";
const FINANCE: &str = "finance-1@example.com";

/// A request of the routed process that is approved, up to its customer's choice.
fn offered(client: &TestClient, charge: &str, amount: &str) -> Submitted {
    let request = client.submit_to(ROUTED, &form().charge(charge).amount(amount));
    client.mail(CSM, &request.id).approve(client);
    client.mail_about(&request, CUSTOMER, OFFER);
    request
}

fn choose_credit(client: &TestClient, request: &Submitted) {
    let mail = client.mail_about(request, CUSTOMER, OFFER);
    mail.choose(client, "credit");
}

/// A request of the plain process that its team has approved.
fn approved(client: &TestClient, charge: &str, amount: &str) -> Submitted {
    let request = client.submit(&form().charge(charge).amount(amount));
    client.mail(CSM, &request.id).approve(client);
    request
}

/// The page of a case, as its reviewer sees it once the code was right.
fn case(client: &TestClient, request: &Submitted) -> String {
    let mail = client.mail(CSM, &request.id);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("code={}", mail.code());
    client.call("POST", &mail.address(), &headers, &body).text
}

/// A call that somebody makes at Stripe by hand.
fn by_hand(client: &TestClient, path: &str, fields: &[(&str, &str)]) -> Value {
    let body = fields.iter().map(|(name, value)| format!("{name}={value}"));
    let headers = [
        ("authorization", "Bearer rk_test_by_hand"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let path = format!("/_local/stripe/v1/{path}");
    let body = body.collect::<Vec<_>>().join("&");
    let answer = client.call("POST", &path, &headers, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// What was refunded and credited, in cents.
fn given(client: &TestClient, charge: &str) -> u64 {
    let refunds = client.refunds(charge);
    let refunds = refunds.iter().filter(|refund| refund["status"] != "failed");
    let credits = client.stripe("customers/cus_demo/balance_transactions");
    refunds
        .chain(&credits)
        .map(|it| {
            it["amount"]
                .as_i64()
                .expect("an amount is a number")
                .unsigned_abs()
        })
        .sum()
}

fn why(client: &TestClient, request: &Submitted, action: &str) -> String {
    let records = client.audit_log(request);
    let found = records.into_iter().find(|(it, ..)| it == action);
    found.expect("it is in the audit log").2
}

#[test]
fn two_credits_of_a_charge_are_one_and_nothing_is_paid_in_cash_on_top() {
    for together in [false, true] {
        let client = LocalStack::open();
        let requests = [
            offered(&client, "ch_demo_45", "45"),
            offered(&client, "pi_demo_45", "45"),
        ];
        if together {
            let [first, second] = &requests;
            let choose = |request| choose_credit(&client, request);
            at_once([&|| choose(first), &|| choose(second)]);
        } else {
            for request in &requests {
                choose_credit(&client, request);
                client.eventually("the choice", || {
                    let status = client.status(request);
                    let is_over = status["status"] == "refunded" || status["status"] == "denied";
                    is_over.then_some(()).ok_or(status.to_string())
                });
            }
        }
        client.eventually("one credit and one denial", || {
            let mut statuses: Vec<String> = requests
                .iter()
                .map(|request| client.status(request)["status"].to_string())
                .collect();
            statuses.sort();
            (statuses == ["\"denied\"", "\"refunded\""])
                .then_some(())
                .ok_or(format!("{statuses:?}"))
        });
        assert_eq!(given(&client, "ch_demo_45"), 4500);
        let mails = client.mails(CSM);
        let told = mails
            .iter()
            .find(|mail| mail.text.contains("already") || mail.text.contains("left of charge"));
        assert!(
            !told
                .expect("the team is told")
                .text
                .contains("paid back in cash")
        );
    }
}

#[test]
fn a_credit_is_not_refunded_too_and_the_reviewer_sees_it() {
    let client = LocalStack::open();
    let credited = offered(&client, "ch_demo_45", "30");
    choose_credit(&client, &credited);
    client.wait_for_status(&credited, "refunded");

    let request = client.submit(&form().charge("ch_demo_45").amount("20"));
    let page = case(&client, &request);
    for shown in ["$30.00", "$15.00", "Only $15.00 of the charge"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_status(&request, "denied");
    assert!(why(&client, &request, "charge_exhausted").contains("$30.00 were credited"));
    assert_eq!(given(&client, "ch_demo_45"), 3000);
    client.mail(CUSTOMER, &request.id);
}

#[test]
fn what_is_pending_is_not_credited_too() {
    let client = LocalStack::open();
    let pending = approved(&client, "ch_demo_slow", "1980");
    client.mail(FINANCE, &pending.id).approve(&client);
    client.mail(CUSTOMER, "on its way");
    let routed = form().charge("ch_demo_slow").amount("45");
    let request = client.submit_to(ROUTED, &routed);
    client.mail(CSM, &request.id).approve(&client);
    // Of what the charge gives back in all, Finance is asked.
    client.mail(FINANCE, &request.id).approve(&client);
    choose_credit(&client, &request);
    client.wait_for_status(&request, "denied");
    assert_eq!(given(&client, "ch_demo_slow"), 198_000);
}

#[test]
fn a_refund_made_by_hand_for_a_request_is_taken_for_it_once() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let refund = [
        ("charge", "ch_demo_2000"),
        ("amount", "5000"),
        ("metadata[request_id]", &request.id),
    ];
    let refund = by_hand(&client, "refunds", &refund);
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);
    let told = client.mail(CUSTOMER, "has been processed");
    assert!(
        told.text
            .contains(refund["id"].as_str().expect("it has an id"))
    );
}

#[test]
fn a_refund_of_something_else_that_carries_the_requests_id_is_not_ours() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_slow", "62");
    client.mail(CUSTOMER, "on its way");
    let other = [
        ("charge", "ch_demo_2000"),
        ("amount", "100"),
        ("metadata[request_id]", &request.id),
    ];
    by_hand(&client, "refunds", &other);
    client.advance("1m");
    assert_eq!(client.status(&request)["status"], "processing");
    client.advance("31m");
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_slow").len(), 1);

    // Where it stands in the way of a payment, a person looks.
    let request = client.submit(&form());
    let other = [
        ("charge", "ch_demo_2000"),
        ("amount", "100"),
        ("metadata[request_id]", &request.id),
    ];
    by_hand(&client, "refunds", &other);
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_status(&request, "needs_attention");
    assert_eq!(client.refunds("ch_demo_2000").len(), 2);
}

#[test]
fn a_balance_that_is_too_low_denies_nobody() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_unfunded", "50");
    client.wait_for_status(&request, "needs_attention");
    let told = client.mail(CSM, "needs your attention");
    assert!(told.text.contains("Add funds"), "{}", told.text);
    client.wait_for_end(&request);
    client.redrive(&request);
    client.eventually("the second stop", || {
        let records = client.audit_log(&request);
        let stops = records.iter().filter(|(action, ..)| action == "stopped");
        (stops.count() == 2)
            .then_some(())
            .ok_or(format!("{records:?}"))
    });
    client.wait_for_end(&request);
    by_hand(
        &client,
        "topups",
        &[("amount", "500000"), ("currency", "usd")],
    );
    client.redrive(&request);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_unfunded").len(), 1);
}

#[test]
fn a_charge_of_the_other_mode_is_a_wrong_key_and_no_denial() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_live", "50");
    client.wait_for_status(&request, "needs_attention");
    client.wait_for_end(&request);
    let stopped = why(&client, &request, "stopped");
    assert!(stopped.starts_with("Stripe.Misconfigured"), "{stopped}");
}

#[test]
fn the_customer_hears_of_a_refund_that_did_not_come_about() {
    let client = LocalStack::open();
    // Pending first: they were told that it is on its way.
    let request = approved(&client, "ch_demo_slow_fails", "50");
    client.mail(CUSTOMER, "on its way");
    client.advance("31m");
    client.wait_for_status(&request, "denied");
    let told = client.mail(CUSTOMER, "could not");
    assert!(
        !told.text.contains("expired_or_canceled_card"),
        "{}",
        told.text
    );

    // Paid first: they were told that it was made.
    let request = approved(&client, "ch_demo_fails_later", "50");
    client.wait_for_status(&request, "refunded");
    client.advance("31m");
    client.wait_for_status(&request, "needs_attention");
    client.mail(CUSTOMER, "come back");

    // Refused.
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_disputed", "50");
    client.wait_for_status(&request, "denied");
    let told = client.mail(CUSTOMER, "could not");
    assert!(told.text.contains(&request.status_url), "{}", told.text);
}

#[test]
fn an_event_that_is_signed_with_the_documentations_placeholder_is_not_taken_in() {
    let placeholder = [("STRIPE_WEBHOOK_SECRETS", "whsec_none_yet")];
    let client = LocalStack::with_environment(&["--port", "0", "--ephemeral"], &placeholder);
    let request = client.submit(&form());
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    let body = json!({"id": "evt_1", "type": "refund.failed", "data": {"object": {
        "id": client.refunds("ch_demo_2000")[0]["id"], "status": "failed",
    }}});
    let body = body.to_string();
    // Whatever it is signed with.
    let headers = [
        ("content-type", "application/json"),
        ("stripe-signature", "t=1,v1=00"),
    ];
    let answer = client.call("POST", "/webhooks/stripe", &headers, &body);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(client.status(&request)["status"], "refunded");
}

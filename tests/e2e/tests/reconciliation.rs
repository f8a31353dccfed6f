//! Stripe and the audit log are compared once a day has settled: what agrees is stored, and what somebody did at Stripe by
//! hand is mailed to Finance once, and listed by the command.

use e2e::{LocalStack, Mail, Submitted, TestClient, form};
use serde_json::Value;

const CSM: &str = "csm-1@example.com";
const FINANCE: &str = "finance-1@example.com";

fn refunded(client: &TestClient, charge: &str) -> Submitted {
    let request = client.submit(&form().charge(charge));
    client.mail(CSM, &request.id).approve(client);
    client.wait_for_status(&request, "refunded");
    client.wait_for_end(&request);
    request
}

/// Somebody refunds at Stripe, and names a request.
fn refund_by_hand(client: &TestClient, charge: &str, cents: &str, request: &str) -> String {
    let body = format!("charge={charge}&amount={cents}&metadata[request_id]={request}");
    let headers = [
        ("authorization", "Bearer rk_test_local"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let made = client.call("POST", "/_local/stripe/v1/refunds", &headers, &body);
    assert_eq!(made.status, 200, "{}", made.text);
    made.json()["id"].as_str().expect("it has an id").to_owned()
}

/// The days that were compared, with how much differs, once there are so many.
fn days(client: &TestClient, at_least: usize) -> Vec<(String, String, String)> {
    client.eventually("the results of days", || {
        let items = client.items();
        let days = items
            .iter()
            .filter(|it| it["kind"]["S"] == "reconciliation");
        let text = |it: &Value, name: &str, of: &str| {
            it[name][of].as_str().expect("it is a text").to_owned()
        };
        let day = |it: &Value| {
            let (day, requests) = (text(it, "day", "S"), text(it, "requests", "N"));
            (day, requests, text(it, "differenceCount", "N"))
        };
        let mut days: Vec<_> = days.map(day).collect();
        days.sort();
        if days.len() >= at_least {
            Ok(days)
        } else {
            Err(format!("{days:?}"))
        }
    })
}

fn mails(client: &TestClient) -> Vec<Mail> {
    let mut mails = client.mails(FINANCE);
    mails.retain(|mail| mail.subject.contains("do not agree"));
    mails
}

#[test]
fn what_differs_at_stripe_is_found_the_day_after_next_and_mailed_once() {
    let client = LocalStack::open();
    // It came back, which the webhook has said.
    let reversed = refunded(&client, "ch_demo_fails_later");
    let second = refunded(&client, "ch_demo_2000");
    let unknown = "00000000-0000-4000-8000-000000000001";
    let extra = refund_by_hand(&client, "ch_demo_2000", "1234", &second.id);
    let nobodys = refund_by_hand(&client, "ch_other_100", "99", unknown);
    client.advance("31m");
    client.wait_for_status(&reversed, "needs_attention");
    // Days before there was anything are compared too.
    let first = days(&client, 7);
    assert!(
        first
            .iter()
            .all(|(_, requests, differ)| (requests.as_str(), differ.as_str()) == ("0", "0")),
        "{first:?}"
    );

    client.advance("1d");
    client.advance("1d");
    let mail = client.mail(FINANCE, "do not agree");
    assert!(
        mail.subject
            .starts_with("Refunds and Stripe do not agree: 2 on ")
    );
    for line in [
        format!(
            "Request {} refund {extra}: Stripe has given more than one thing for the request: $12.34 at Stripe, $0.00 in the audit log.",
            second.id
        ),
        format!(
            "Request {unknown} refund {nobodys}: Stripe has given it, and the audit log does not say so: $0.99 at Stripe, $0.00 in the audit log."
        ),
        "Refunds: $63.33 by Stripe, $50.00 by the audit log".to_owned(),
    ] {
        assert!(mail.text.contains(&line), "{line}\n{}", mail.text);
    }
    assert!(!mail.text.contains(&reversed.id), "{}", mail.text);
    client.mail("finance-2@example.com", "do not agree");
    let compared = days(&client, 9);
    let of_day = compared.iter().find(|(_, requests, _)| requests == "3");
    assert_eq!(of_day.unwrap().2, "2", "{compared:?}");

    let (from, _, _) = of_day.unwrap();
    let day: jiff::civil::Date = from.parse().unwrap();
    let to = day.tomorrow().unwrap().to_string();
    let said = client.admin(&["reconcile", "--from", from, "--to", &to]);
    for line in [
        "Requests that were compared: 3",
        "Refunds: $63.33 by Stripe, $50.00 by the audit log",
        "Credits: $0.00 by Stripe, $0.00 by the audit log",
        "Differences: 2",
        &nobodys,
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    // A week later the day is compared again, and nothing new is found.
    for _ in 0..8 {
        client.advance("1d");
    }
    days(&client, 17);
    assert_eq!(mails(&client).len(), 1);
}

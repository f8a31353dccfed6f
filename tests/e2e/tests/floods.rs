//! A flood of requests, with the limits that are deployed. Each test is bounded: a few dozen calls to this machine.

use e2e::{LocalStack, form};
use serde_json::json;

const PATH: &str = "/services/customer-success/refund-request/requests";

#[test]
fn sixty_anonymous_requests_bring_few_mails_and_stop_nobody_elses() {
    let client = LocalStack::with_limits();
    let honest = client.submit(&form().with("customerEmail", json!("customer@example.com")));
    let mail = client.mail("csm-1@example.com", &honest.id);

    let (mut taken, mut refused) = (0, 0);
    for n in 0..60 {
        let stranger = format!("stranger+{n}@example.com");
        let posted = form()
            .with("customerEmail", json!(&stranger))
            .charge("ch_demo_45");
        let headers = [("content-type", "application/json")];
        let answer = client.call("POST", PATH, &headers, &posted.json().to_string());
        match answer.status {
            202 => taken += 1,
            429 => {
                let seconds: u32 = answer
                    .header("retry-after")
                    .parse()
                    .expect("it is in seconds");
                assert!((1..=86_400).contains(&seconds), "{answer:?}");
                assert!(answer.text.contains("Nothing was stored"), "{answer:?}");
                refused += 1;
            }
            other => panic!("{other}: {answer:?}"),
        }
    }
    assert_eq!((taken, refused), (3, 57));

    // Meanwhile approvers decide, Stripe is heard, and the form opens.
    mail.approve(&client);
    client.wait_for_status(&honest, "refunded");
    assert_eq!(
        client
            .get("/services/customer-success/refund-request", "text/html")
            .0,
        200
    );

    for _ in 0..15 {
        client.advance("24h");
    }
    let mails = client.get_json("/_local/api/emails");
    let mails = mails.as_array().expect("it is a list");
    let to_the_stranger = |mail: &&serde_json::Value| mail["to"].to_string().contains("stranger");
    let to_the_stranger = mails.iter().filter(to_the_stranger).count();
    assert!(
        (1..=3).contains(&to_the_stranger),
        "{to_the_stranger} mails to a stranger"
    );
    assert!((30..200).contains(&mails.len()), "{} mails", mails.len());
    // By then more are taken.
    client.submit(&form().with("customerEmail", json!("stranger@example.com")));
}

#[test]
fn a_person_is_told_on_the_form_and_loses_nothing() {
    let client = LocalStack::with_limits();
    for n in 0..4 {
        client.submit(
            &form()
                .with("customerEmail", json!(&format!("customer-{n}@example.com")))
                .charge(&format!("ch_{n}")),
        );
    }
    let fields = [
        ("customerEmail", "customer@example.com"),
        ("chargeIdToRefund", "ch_demo_45"),
        ("refundAmount", "12.34"),
        ("reason", "Other"),
        ("notes", "What I wrote with care."),
    ];
    let (status, page) = client.post_form(PATH, &fields);
    assert_eq!(status, 429, "{page}");
    for part in ["from your connection", "What I wrote with care.", "12.34"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    client.advance("1h");
    assert_eq!(client.post_form(PATH, &fields).0, 303);
}

//! A flood of requests, with the limits that are deployed. Each test is bounded: a few hundred calls to this machine.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use e2e::{LocalStack, TestClient, form};
use hmac::{Hmac, KeyInit, Mac as _};
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;
use testing::test_client::Answer;

const PATH: &str = "/services/customer-success/refund-request/requests";
/// What the local stack's Stripe signs with.
const WEBHOOK_SECRET: &str = "whsec_for_this_machine_only";
/// How many requests a thread posts at most, and the pause between two.
const POSTS: usize = 300;
const PAUSE: Duration = Duration::from_millis(10);

/// Posts a request in the name of a stranger, each time with another tag in the address.
fn post_of_a_stranger(client: &TestClient, n: usize) -> Answer {
    let posted = form()
        .with("customerEmail", json!(format!("stranger+{n}@example.com")))
        .charge("ch_demo_45");
    let headers = [("content-type", "application/json")];
    client.call("POST", PATH, &headers, &posted.json().to_string())
}

#[test]
fn sixty_anonymous_requests_bring_few_mails_and_stop_nobody_elses() {
    let client = LocalStack::with_limits();
    let honest = client.submit(&form().with("customerEmail", json!("customer@example.com")));
    let mail = client.mail("csm-1@example.com", &honest.id);

    let (mut taken, mut refused) = (0, 0);
    for n in 0..60 {
        let answer = post_of_a_stranger(&client, n);
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
        // That each of the three arrived, and that nobody decided.
        (1..=6).contains(&to_the_stranger),
        "{to_the_stranger} mails to a stranger"
    );
    assert!((30..200).contains(&mails.len()), "{} mails", mails.len());
    // By then more are taken.
    client.submit(&form().with("customerEmail", json!("stranger@example.com")));
}

/// What an honest customer, an approver and Stripe are answered with, one after the other, and how long all of it takes.
fn answers_to_others(client: &TestClient) -> (Vec<u16>, Duration) {
    let begun = Instant::now();
    let (form_page, _) = client.get("/services/customer-success/refund-request", "text/html");
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", &request.id);
    let (page, _) = client.get(&mail.link("approve"), "text/html");
    let (decision, _) = mail.decide(client, "approve", "");
    client.wait_for_status(&request, "refunded");
    let refund = &client.refunds("ch_demo_2000")[0]["id"];
    let event = json!({"id": "evt_during_a_flood", "type": "refund.updated",
        "data": {"object": {"id": refund, "status": "succeeded"}}});
    let event = event.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("stripe-signature", &signature(&event)),
    ];
    let webhook = client.call("POST", "/webhooks/stripe", &headers, &event);
    let (status, _) = client.get(&request.status_url, "text/html");
    let statuses = vec![form_page, page, decision, webhook.status, status];
    (statuses, begun.elapsed())
}

/// An event's signature as Stripe makes it.
#[expect(clippy::disallowed_methods, reason = "Stripe has a clock of its own")]
fn signature(event: &str) -> String {
    let at = Timestamp::now().as_second();
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes());
    let mac = mac.expect("any key will do");
    let digest = mac.chain_update(format!("{at}.{event}")).finalize();
    let mut signature = format!("t={at},v1=");
    for byte in digest.into_bytes() {
        write!(signature, "{byte:02x}").expect("a text takes all");
    }
    signature
}

#[test]
fn during_a_flood_a_customer_an_approver_and_stripe_are_answered_as_before() {
    let (before, took_before) = answers_to_others(&LocalStack::with_limits());
    let client = LocalStack::with_limits();
    let is_over = AtomicBool::new(false);
    let posts = |first: usize| {
        let numbers = (first..first + POSTS).take_while(|_| !is_over.load(Ordering::Relaxed));
        let statuses = numbers.map(|n| {
            thread::sleep(PAUSE);
            post_of_a_stranger(&client, n).status
        });
        statuses.collect::<Vec<u16>>()
    };
    let ((during, took_during), posted) = thread::scope(|scope| {
        let flood = [0, POSTS].map(|first| scope.spawn(move || posts(first)));
        let answers = answers_to_others(&client);
        is_over.store(true, Ordering::Relaxed);
        let posted = flood.map(|thread| thread.join().expect("each post is answered"));
        (answers, posted.concat())
    });
    assert_eq!(during, before);
    assert_eq!(before, [200; 5]);
    let bound = took_before * 10 + Duration::from_secs(10);
    assert!(
        took_during < bound,
        "{took_during:?}, and {took_before:?} before"
    );
    let count = |status: u16| posted.iter().filter(|it| **it == status).count();
    assert!((1..=3).contains(&count(202)), "{posted:?}");
    assert!(count(429) > 20, "it is no flood: {posted:?}");
    assert_eq!(count(202) + count(429), posted.len(), "{posted:?}");
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

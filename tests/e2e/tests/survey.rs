//! The survey a week after a refund: who is invited, and whose answer counts.

use e2e::{LocalStack, Mail, Submitted, TestClient, at_once, form};
use serde_json::{Value, json};

const CSM: &str = "csm-1@example.com";
const CUSTOMER: &str = "customer@example.com";
const ROUTED: &str = "customer-success/refund-request-routed";
const SURVEY: &str = "/services/customer-satisfaction/csat-survey";
const RATING: &str = "4 - Satisfied";

/// A refund that was approved and paid, and whose process waits a week.
fn refunded(client: &TestClient, charge: &str) -> Submitted {
    let form = form().charge(charge).amount("100");
    let request = client.submit_to(ROUTED, &form);
    client.mail(CSM, &request.id).approve(client);
    client.wait_for_status(&request, "refunded");
    client.wait_for_timer(&request);
    request
}

/// The address in the mail that invites and chooses no rating.
fn link(mail: &Mail) -> String {
    let link = mail.link_to(SURVEY);
    let (link, _) = link.split_once('&').expect("a link chooses a rating");
    link.to_owned()
}

/// What a program sends who has the link of the mail.
fn rating(mail: &Mail, code: &str) -> Value {
    let link = link(mail);
    let (_, invitation) = link
        .split_once("?invitation=")
        .expect("it has a invitation");
    json!({"rating": RATING, "comment": "Quick.", "invitation": invitation, "code": code})
}

/// Everything that was sent in to the survey.
fn ratings(client: &TestClient) -> Vec<Value> {
    let mut items = client.items();
    items.retain(|item| {
        item["kind"]["S"] == "request"
            && item["offering"]["S"] == "customer-satisfaction/csat-survey"
    });
    items
}

#[test]
fn a_week_after_the_refund_the_customer_rates_once() {
    let client = LocalStack::open();
    let (_, catalogue) = client.get("/", "text/html");
    assert!(catalogue.contains(ROUTED) && !catalogue.contains(SURVEY));
    assert_eq!(client.get(SURVEY, "text/html").0, 404);

    let request = refunded(&client, "ch_demo_2000");
    assert!(
        !format!("{:?}", client.mails(CUSTOMER)).contains("How did we do?"),
        "not before a week is over"
    );
    client.advance("7d");
    let mail = client.mail(CUSTOMER, "How did we do?");
    client.wait_for_end(&request);
    assert_eq!(client.status(&request)["status"], "refunded");

    // Whoever opens the link changes nothing, and who has not read the code rates nothing.
    for _ in 0..2 {
        let (status, page) = client.get(&link(&mail), "text/html");
        assert!(
            status == 200 && page.contains("How satisfied are you"),
            "{page}"
        );
        assert!(!page.contains(CUSTOMER) && !page.contains(&mail.code()));
    }
    let path = format!("{SURVEY}/requests");
    let wrong = if mail.code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    for code in ["", "junk", wrong] {
        let (status, body) = client.post_json(&path, &rating(&mail, code));
        assert_eq!(status, 403, "{code:?}: {body}");
    }
    assert!(ratings(&client).is_empty());

    let rating = rating(&mail, &mail.code());
    let (status, taken) = client.post_json(&path, &rating);
    assert_eq!(status, 202, "{taken}");
    let rated = Submitted::read(&taken);
    client.wait_for_status(&rated, "completed");
    assert_eq!(client.wait_for_end(&rated)["status"], "SUCCEEDED");
    let (_, page) = client.get(&rated.status_url, "text/html");
    assert!(page.contains("Thank you, we have your answers") && page.contains(RATING));

    let (status, body) = client.post_json(&path, &rating);
    assert_eq!(
        (status, &body["title"]),
        (409, &json!("You have answered already."))
    );
    let (status, page) = client.get(&link(&mail), "text/html");
    assert!(status == 200 && page.contains("You have answered already"));
    assert!(!page.contains("<form") && !page.contains(RATING));

    let stored = ratings(&client);
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["about"]["S"], request.id.as_str());
    let records = client.audit_log(&rated);
    assert_eq!(records[0].2, format!("about {}", request.id));
    assert!(
        !format!("{records:?}").contains("Quick."),
        "the audit log holds no answers"
    );
}

#[test]
fn each_link_of_the_mail_opens_the_page_with_its_rating_chosen() {
    let client = LocalStack::open();
    refunded(&client, "ch_demo_2000");
    client.advance("7d");
    let mail = client.mail(CUSTOMER, "How did we do?");
    let mut chosen = Vec::new();
    for link in mail.links() {
        let (status, page) = client.get(&link, "text/html");
        assert_eq!(
            (status, page.matches(" checked").count()),
            (200, 1),
            "{link}"
        );
        let (before, _) = page
            .split_once("\" required checked")
            .expect("a radio button");
        let (_, value) = before.rsplit_once('"').expect("it has a value");
        chosen.push(value.to_owned());
        assert!(mail.html.contains(&link.replace('&', "&amp;")), "a button");
    }
    let ratings = [
        "5 - Very satisfied",
        RATING,
        "3 - Neither satisfied nor dissatisfied",
        "2 - Dissatisfied",
        "1 - Very dissatisfied",
    ];
    assert_eq!(chosen, ratings);
    assert!(self::ratings(&client).is_empty());
}

#[test]
fn of_two_answers_sent_at_once_one_counts() {
    let client = LocalStack::open();
    refunded(&client, "ch_demo_2000");
    client.advance("7d");
    let mail = client.mail(CUSTOMER, "How did we do?");
    let rating = rating(&mail, &mail.code());
    let path = format!("{SURVEY}/requests");
    let [a, b] = at_once([&|| client.post_json(&path, &rating), &|| {
        client.post_json(&path, &rating)
    }]);
    let mut statuses = [a.0, b.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    assert_eq!(ratings(&client).len(), 1);
}

#[test]
fn nobody_is_asked_about_a_refund_that_came_back() {
    let client = LocalStack::open();
    let request = refunded(&client, "ch_demo_fails_later");
    client.advance("31m");
    client.wait_for_status(&request, "needs_attention");
    client.advance("7d");
    client.wait_for_end(&request);
    assert_eq!(client.status(&request)["status"], "needs_attention");
    let mails = format!("{:?}", client.mails(CUSTOMER));
    assert!(!mails.contains("How did we do?"), "{mails}");
    let records = client.audit_log(&request);
    let skipped = records
        .iter()
        .find(|(action, ..)| action == "invitation_withheld");
    assert_eq!(
        skipped.expect("it is recorded").2,
        "customer-satisfaction/csat-survey"
    );
}

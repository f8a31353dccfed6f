//! What an operator changes while requests are under way: the switch that stops every payment, and limits.

use e2e::{LocalStack, Submitted, at_once, form};

const PLAIN: &str = "customer-success/refund-request";
const ROUTED: &str = "customer-success/refund-request-routed";
const CSM: &str = "csm-1@example.com";
const FINANCE: &str = "finance-1@example.com";
const WHO: [&str; 4] = [
    "--by",
    "ada@example.com",
    "--because",
    "Stripe is looked at",
];

fn operator(client: &LocalStack, command: &[&str]) -> String {
    client.admin(&[command, &WHO].concat())
}

/// The details of the records of an action.
fn details(client: &LocalStack, request: &Submitted, action: &str) -> Vec<String> {
    let records = client.audit_log(request).into_iter();
    let those = records.filter(|(of, ..)| of == action);
    those.map(|(_, _, detail)| detail).collect()
}

/// Waits until the request has been held so often, and for the mail to its team.
fn wait_until_held(client: &LocalStack, request: &Submitted, times: usize) -> String {
    let held = client.eventually("a payment that is held", || {
        let held = details(client, request, "payment_held");
        if held.len() == times {
            Ok(held)
        } else {
            Err(format!("{held:?}"))
        }
    });
    client.wait_for_status(request, "needs_attention");
    let ended = client.wait_for_end(request);
    assert_eq!(ended["error"], "Request.NeedsAttention");
    held.last().cloned().unwrap_or_default()
}

#[test]
fn while_payments_are_stopped_nothing_is_paid_and_then_once() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--data-dir", data.path().to_str().unwrap()];
    let client = LocalStack::with(&arguments);
    operator(&client, &["payments", "stop"]);
    let status = client.admin(&["payments", "status"]);
    assert!(
        status.starts_with("Payments are stopped, by ada@example.com"),
        "{status}"
    );

    let request = client.submit(&form());
    client.mail(CSM, &request.id).approve(&client);
    let why = wait_until_held(&client, &request, 1);
    assert!(why.ends_with(": Stripe is looked at"), "{why}");
    let stopped = details(&client, &request, "stopped");
    assert!(stopped[0].starts_with("Payments.Stopped: "), "{stopped:?}");
    let mail = client.mail(CSM, "needs your attention").text;
    assert!(
        mail.contains("stopped by ada@example.com") && mail.contains("redrive"),
        "{mail}"
    );
    assert!(client.refunds("ch_demo_2000").is_empty());
    let log = std::fs::read_to_string(data.path().join("logs/IssueRefund.log")).unwrap();
    assert_eq!(
        log.matches(r#""PaymentsHeld":1"#).count(),
        1,
        "the alarm hears of it"
    );

    client.redrive(&request);
    wait_until_held(&client, &request, 2);
    operator(&client, &["payments", "resume"]);
    client.redrive(&request);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);

    let log = client.admin(&["log"]);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2);
    for (line, action) in lines
        .into_iter()
        .zip(["payments_stopped", "payments_resumed"])
    {
        let tail = format!(" ada@example.com {action}: Stripe is looked at");
        assert!(line.ends_with(&tail), "{line}");
    }
}

#[test]
fn above_a_limit_of_the_definition_a_payment_waits_until_it_is_raised() {
    let client = LocalStack::open();
    let large = |charge| {
        let form = form().charge(charge).amount("1600");
        let request = client.submit_to(ROUTED, &form);
        client.mail(CSM, &request.id).approve(&client);
        client.mail(FINANCE, &request.id).approve(&client);
        request
    };
    client.wait_for_status(&large("ch_demo_2000"), "refunded");
    let second = large("pi_demo_2000");
    let limit =
        "The limit per customer in 30 days is $3,000.00, of which $1,600.00 are paid or under way.";
    assert_eq!(wait_until_held(&client, &second, 1), limit);
    let mail = client.mail(CSM, "needs your attention").text;
    assert!(
        mail.contains(limit) && mail.contains("admin limits raise"),
        "{mail}"
    );
    assert!(client.refunds("pi_demo_2000").is_empty());

    operator(
        &client,
        &["limits", "raise", ROUTED, "--per-customer", "3199.99"],
    );
    client.redrive(&second);
    let raised = wait_until_held(&client, &second, 2);
    assert!(raised.contains("$3,199.99"), "{raised}");
    operator(
        &client,
        &["limits", "raise", ROUTED, "--per-customer", "3200"],
    );
    client.redrive(&second);
    client.wait_for_status(&second, "refunded");
    assert_eq!(client.refunds("pi_demo_2000").len(), 1);
    let shown = client.admin(&["limits", "show", ROUTED]);
    assert!(
        shown.contains("per customer in 30 days $3,200.00"),
        "{shown}"
    );
    assert!(shown.contains("$3,200.00 today"), "{shown}");
}

#[test]
fn of_many_that_race_for_the_last_of_the_day_those_are_paid_that_fit() {
    let client = LocalStack::open();
    operator(&client, &["limits", "raise", PLAIN, "--per-day", "120"]);
    let requests = [(); 5].map(|()| client.submit(&form()));
    let mails = requests
        .each_ref()
        .map(|request| client.mail(CSM, &request.id));
    let stack = &client;
    let approvals = mails.each_ref().map(|mail| move || mail.approve(stack));
    at_once(
        approvals
            .each_ref()
            .map(|approve| approve as &(dyn Fn() + Sync)),
    );
    let ends = requests
        .each_ref()
        .map(|request| client.wait_for_end(request));
    let paid = ends
        .iter()
        .filter(|end| end["status"] == "SUCCEEDED")
        .count();
    assert_eq!((paid, client.refunds("ch_demo_2000").len()), (2, 2));
    for (request, end) in requests.iter().zip(ends) {
        if end["status"] != "SUCCEEDED" {
            let held = details(&client, request, "payment_held");
            assert_eq!(
                held,
                ["The limit per day is $120.00, of which $100.00 are paid or under way."]
            );
        }
    }
}

#[test]
fn what_the_same_thing_stopped_goes_on_by_one_command() {
    let client = LocalStack::open();
    operator(&client, &["payments", "stop"]);
    let requests = ["10", "20"].map(|amount| {
        let request = client.submit(&form().amount(amount));
        client.mail(CSM, &request.id).approve(&client);
        request
    });
    for request in &requests {
        wait_until_held(&client, request, 1);
    }
    let listed = client.admin(&["requests", "stopped"]);
    assert!(listed.starts_with("Payments.Stopped: 2\n"), "{listed}");
    for request in &requests {
        assert!(listed.contains(&request.id), "{listed}");
    }
    operator(&client, &["payments", "resume"]);
    let cause = ["requests", "redrive", "--cause", "Payments.Stopped"];
    let said = operator(&client, &cause);
    assert_eq!(said.trim(), "2 of 2 go on.");
    for request in &requests {
        client.wait_for_status(request, "refunded");
    }
    let listed = client.admin(&["requests", "stopped"]);
    assert_eq!(listed.trim(), "No request has stopped.");
    let log = client.admin(&["log"]);
    assert!(
        log.contains("requests_redriven: 2 stopped by Payments.Stopped"),
        "{log}"
    );
}

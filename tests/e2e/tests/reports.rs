//! Reports over the audit log: what a month's money was, and who decided it.

#![allow(clippy::unwrap_used, reason = "a test may")]

use e2e::{LocalStack, Submitted, form};
use serde_json::{Value, json};

const CSM: &str = "csm-1@example.com";
const REASON: &str = "=HYPERLINK(\"http://evil.example\"), too late";

/// The address of the records that a query finds.
fn audit(query: &str, more: &[(&str, &str)]) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("q", query).extend_pairs(more);
    format!("/reports/audit?{}", parameters.finish())
}

fn records(stack: &LocalStack, query: &str) -> Vec<Value> {
    let page = stack.get_json(&audit(query, &[]));
    assert_eq!(page["next"], Value::Null, "{query}: there are few");
    page["records"].as_array().unwrap().clone()
}

fn actions(stack: &LocalStack, query: &str) -> Vec<String> {
    let records = records(stack, query);
    let actions = records.iter().map(|it| it["action"].as_str().unwrap());
    actions.map(str::to_owned).collect()
}

/// A refund of 30.00, a rejection and a credit of 45.00.
fn play(stack: &LocalStack) -> [Submitted; 3] {
    let refunded = stack.submit(&form().amount("30"));
    stack.mail(CSM, &refunded.id).approve(stack);
    stack.wait_for_status(&refunded, "refunded");
    let denied = stack.submit(&form().amount("700.01"));
    stack.mail(CSM, &denied.id).reject(stack, REASON);
    stack.wait_for_status(&denied, "denied");
    let routed = "customer-success/refund-request-routed";
    let credited = stack.submit_to(routed, &form().charge("ch_demo_45").amount("45"));
    stack.mail(CSM, &credited.id).approve(stack);
    let offer = stack.mail_about(
        &credited,
        "customer@example.com",
        "Your refund was approved",
    );
    offer.choose(stack, "credit");
    stack.wait_for_status(&credited, "refunded");
    stack.settled_items();
    [refunded, denied, credited]
}

#[test]
fn the_month_of_a_refund_a_rejection_and_a_credit() {
    let stack = LocalStack::open();
    let [refunded, denied, credited] = play(&stack);
    let log = records(&stack, &format!("request:{}", refunded.id));
    let month = &log[0]["at"].as_str().unwrap()[..7];
    figures(&stack, month, &refunded, &credited);
    queries(&stack, &[&refunded, &denied, &credited]);
    harmless(&stack, &denied);
    refusals(&stack);
}

/// The money that moved, as JSON, as CSV and by command.
fn figures(stack: &LocalStack, month: &str, refunded: &Submitted, credited: &Submitted) {
    let address = format!("/reports/refunds?month={month}");
    let page = stack.get_json(&address);
    assert_eq!(page["next"], Value::Null);
    let [refund, credit] = page["rows"].as_array().unwrap().as_slice() else {
        panic!("{page}");
    };
    let at_stripe = &stack.refunds("ch_demo_2000")[0];
    let credits = stack.stripe("customers/cus_demo/balance_transactions");
    for (row, request, cents, kind, id) in [
        (refund, refunded, 3_000, "refund", &at_stripe["id"]),
        (credit, credited, 4_500, "credit", &credits[0]["id"]),
    ] {
        assert_eq!(row["requestId"], request.id.as_str());
        assert_eq!(
            (&row["amountCents"], &row["kind"]),
            (&json!(cents), &json!(kind))
        );
        assert_eq!((&row["stripeId"], &row["currency"]), (id, &json!("usd")));
        assert_eq!(row["approvedBy"], CSM);
        assert_eq!(row["reason"], "Duplicate charge");
    }
    let (status, csv) = stack.get(&format!("{address}&format=csv"), "*/*");
    assert_eq!(status, 200);
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("paidAt,requestId,offering,charge,stripeId,amountCents,"));
    assert!(
        lines.len() == 3 && lines[1].contains(",3000,usd,refund,"),
        "{csv}"
    );
    assert!(lines[2].contains(",4500,usd,credit,"), "{csv}");
    assert_eq!(stack.admin(&["report", "refunds", "--month", month]), csv);
    let none = stack.get_json("/reports/refunds?month=2020-01");
    assert_eq!(none, json!({"rows": [], "next": null}));
}

/// What some queries find.
fn queries(stack: &LocalStack, requests: &[&Submitted; 3]) {
    let [refunded, denied, credited] = requests;
    let all = records(stack, "service:customer-success").len();
    let routed = records(stack, "service:refund-request-routed");
    assert!(
        routed
            .iter()
            .all(|it| it["requestId"] == credited.id.as_str())
    );
    let plain = records(stack, "service:refund-request");
    assert!(
        plain
            .iter()
            .all(|it| it["offering"] == "customer-success/refund-request")
    );
    assert_eq!(plain.len() + routed.len(), all);
    assert_eq!(
        records(stack, "service:customer-success/refund-request"),
        plain
    );
    for request in [refunded, denied] {
        let log: Vec<_> = stack
            .audit_log(request)
            .into_iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(actions(stack, &format!("request:{}", request.id)), log);
    }
    assert_eq!(
        actions(stack, "kind:approver outcome:rejected"),
        ["rejected"]
    );
    assert_eq!(
        actions(stack, "action:refunded action:credited amount:>=30"),
        ["refunded", "credited"]
    );
    assert_eq!(
        actions(stack, "action:refunded action:credited amount:>30"),
        ["credited"]
    );
    let denied_records = records(stack, "outcome:denied");
    assert!(
        denied_records
            .iter()
            .all(|it| it["requestId"] == denied.id.as_str())
    );
    let (status, _) = stack.get(
        "/reports/audit?q=service:refund-request+from:2020-01-01+to:2020-02-01",
        "*/*",
    );
    assert_eq!(status, 200, "a plus is a blank");
    assert!(records(stack, "to:2020-02-01").is_empty());
}

/// A spreadsheet calculates nothing of what an approver wrote, and a program reads what they wrote.
fn harmless(stack: &LocalStack, denied: &Submitted) {
    let query = format!("request:{} action:rejected", denied.id);
    assert_eq!(records(stack, &query)[0]["detail"], REASON);
    let csv = stack.call("GET", &audit(&query, &[("format", "csv")]), &[], "");
    assert!(csv.header("content-type").starts_with("text/csv"));
    let cell = format!(",\"'{}\",", REASON.replace('"', "\"\""));
    assert!(csv.text.contains(&cell), "{}", csv.text);
    let head = stack.call("HEAD", &audit(&query, &[("format", "csv")]), &[], "");
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(head.header("content-type").starts_with("text/csv"));
}

fn refusals(stack: &LocalStack) {
    for (address, words) in [
        (
            audit("actor:x amout:>=500", &[]),
            "character 9, `amout:>=500`",
        ),
        (audit("from:yesterday", &[]), "a day such as 2026-11-01"),
        ("/reports/audit?query=x".to_owned(), "is not known"),
        (
            "/reports/refunds?month=2026-13".to_owned(),
            "a month such as 2026-11",
        ),
        ("/reports/refunds".to_owned(), "a month such as 2026-11"),
    ] {
        let answer = stack.call("GET", &address, &[], "");
        assert_eq!(answer.status, 400, "{address}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(
            answer.json()["errors"][0]["message"]
                .as_str()
                .unwrap()
                .contains(words),
            "{address}: {}",
            answer.text
        );
    }
}

/// More records than a page has: copies of one, a number apart.
fn multiply(stack: &LocalStack, request: &Submitted) {
    let items = stack.items();
    let is_first = |item: &&Value| item["kind"]["S"] == "audit" && item["seq"]["N"] == "1";
    let first = items.iter().find(is_first).unwrap();
    let text = |name: &str| first[name]["S"].as_str().unwrap().to_owned();
    assert_eq!(text("requestId"), request.id);
    for seq in 1_000..1_600 {
        let mut copy = first.clone();
        copy["seq"]["N"] = seq.to_string().into();
        for name in ["sk", "indexSk"] {
            copy[name]["S"] = text(name).replace("000001", &format!("{seq:06}")).into();
        }
        stack.put_item(&copy);
    }
}

#[test]
fn all_pages_are_the_whole() {
    let stack = LocalStack::open();
    let request = stack.submit(&form());
    stack.mail(CSM, &request.id);
    stack.settled_items();
    multiply(&stack, &request);
    let query = "service:refund-request";
    let whole = stack.admin(&["report", "audit", "--query", query, "--format", "json"]);
    let whole: Vec<Value> = whole
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert!(whole.len() > 600, "{}", whole.len());

    let (mut pages, mut found, mut address) = (0, Vec::new(), audit(query, &[]));
    loop {
        let page = stack.get_json(&address);
        pages += 1;
        found.extend(page["records"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        address = audit(query, &[("cursor", next)]);
    }
    assert_eq!((pages, found), (2, whole));

    let (mut lines, mut address) = (Vec::new(), audit(query, &[("format", "csv")]));
    loop {
        let page = stack.call("GET", &address, &[], "");
        // Each begins with the names.
        lines.extend(
            page.text
                .lines()
                .skip(lines.len().min(1))
                .map(str::to_owned),
        );
        let Some(link) = page.headers.get("link") else {
            break;
        };
        let link = link.to_str().unwrap().strip_prefix('<').unwrap();
        link.strip_suffix(">; rel=\"next\"")
            .unwrap()
            .clone_into(&mut address);
    }
    let csv = stack.admin(&["report", "audit", "--query", query]);
    assert_eq!(lines, csv.lines().collect::<Vec<_>>());
}

//! The audit logs of a day have a digest the day after, by which operators find what was tampered with.

use e2e::{LocalStack, form, program};
use serde_json::{Value, json};

const CSM: &str = "csm-1@example.com";
const OFFERING: &str = "customer-success/refund-request";

/// What `admin audit verify --digests` says, and whether it found all as it was written.
fn verify(client: &LocalStack) -> (bool, String) {
    let ended = program("admin")
        .arg(format!("--local={}", client.base()))
        .args(["audit", "verify", "--digests", "--offering", OFFERING])
        .output()
        .expect("the command starts");
    let said = [ended.stdout, ended.stderr].concat();
    (
        ended.status.success(),
        String::from_utf8(said).expect("it is text"),
    )
}

/// The items of a kind, in the order of their sort keys.
fn items(client: &LocalStack, kind: &str) -> Vec<Value> {
    let mut items = client.items();
    items.retain(|item| item["kind"]["S"] == kind);
    items.sort_by_key(|item| item["sk"]["S"].to_string());
    items
}

fn wait_for_digests(client: &LocalStack, count: usize) -> Vec<Value> {
    client.eventually("the digests of the days before", || {
        let digests = items(client, "auditDigest");
        if digests.len() == count {
            Ok(digests)
        } else {
            Err(format!("{digests:?}"))
        }
    })
}

#[test]
fn each_day_has_a_digest_and_what_is_tampered_with_is_found_by_it() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_end(&request);
    client.settled_items();
    assert!(!verify(&client).0, "there are no digests yet");
    client.advance("1d");
    wait_for_digests(&client, 1);
    client.advance("2d");
    let digests = wait_for_digests(&client, 3);
    let (whole, said) = verify(&client);
    assert!(
        whole && said.contains("is whole: the digests from "),
        "{said}"
    );

    let of_request = |item: &Value| item["requestId"]["S"] == request.id.as_str();
    let mut records = items(&client, "audit");
    records.retain(of_request);
    let mut changed = records[3].clone();
    changed["actor"] = json!({"S": "eve@example.com"});
    client.put_item(&changed);
    let (whole, said) = verify(&client);
    let found = format!("the audit log of {}: record 4 is not what was", request.id);
    assert!(!whole && said.contains(&found), "{said}");
    client.put_item(&records[3]);
    assert!(verify(&client).0);

    let mut digest = digests[1].clone();
    digest["count"] = json!({"N": "0"});
    client.put_item(&digest);
    let (whole, said) = verify(&client);
    let day = digest["day"]["S"].as_str().unwrap();
    let found = format!("the digest of {day} is not what was written there");
    assert!(!whole && said.contains(&found), "{said}");
}

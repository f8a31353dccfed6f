//! Signed webhook events about refunds, sent again until they are accepted.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use serde_json::json;
use sha2::Sha256;

use super::account::{Account, Event};
use super::fake::FakeStripe;
use super::objects::find;
use super::wire;
use crate::http_client::http_client;

/// What the events are signed with. Everybody may know it: nothing but this machine listens.
pub const WEBHOOK_SECRET: &str = "whsec_for_this_machine_only";

/// How long after it is due an event comes, as over the network.
const DELAY: Duration = Duration::from_millis(300);
/// How long the longest wait is after an event that was not accepted.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Sends every event to an address when it is due. Never ends by itself.
pub async fn send_events(stripe: Arc<FakeStripe>, url: String) {
    let client = http_client();
    let mut pause = DELAY;
    loop {
        let due = stripe.look(due);
        tokio::time::sleep(pause).await;
        let mut failed = false;
        for (event, body) in due {
            if deliver(&client, &url, body, stripe.now()).await {
                stripe.delivered(event);
            } else {
                failed = true;
            }
        }
        pause = if failed {
            (pause * 2).min(LONGEST_PAUSE)
        } else {
            DELAY
        };
    }
}

/// The events that are due, with their bodies.
fn due(account: &Account, now: i64) -> Vec<(Event, String)> {
    let due = account.events.iter().take_while(|event| event.at <= now);
    due.filter_map(|event| Some((event.clone(), body(account, event)?)))
        .collect()
}

fn body(account: &Account, event: &Event) -> Option<String> {
    let refund = find(&account.refunds, &event.refund, "refund").ok()?;
    let body = json!({
        "id": format!("evt_{}_{}", event.refund, event.what),
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": event.at,
        "data": { "object": wire::object(refund, account, event.at) },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": format!("refund.{}", event.what),
    });
    Some(body.to_string())
}

async fn deliver(client: &Client, url: &str, body: String, now: i64) -> bool {
    let request = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, "Stripe/1.0")
        .header("stripe-signature", signature(&body, now))
        .body(body);
    match request.send().await.map(|answer| answer.status()) {
        Ok(status) if status.is_success() => return true,
        Ok(status) => tracing::warn!(%status, "an event of Stripe's was not accepted"),
        Err(error) => tracing::warn!(%error, "an event of Stripe's could not be sent"),
    }
    false
}

/// `t=...,v1=...`: the time and the body under the secret.
fn signature(body: &str, at: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(format!("{at}.{body}").as_bytes());
    let digest = mac.finalize().into_bytes();
    let mut signature = format!("t={at},v1=");
    for byte in digest {
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::account::Change;
    use super::super::params::{Params, decode};
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn refunded(charge: &str) -> Account {
        let mut account = Account::demo();
        let form = decode(format!("charge={charge}&amount=5").as_bytes());
        let refund = account.plan_refund(Params::new(&form).unwrap(), NOW);
        account.apply(Change::RefundCreated(refund.unwrap()));
        account
    }

    #[test]
    fn every_change_of_a_refund_is_sent_when_it_happens() {
        let kinds = |account: &Account, now| -> Vec<(String, String)> {
            let told = |(_, body): (Event, String)| {
                let body: Value = serde_json::from_str(&body).unwrap();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&body["type"]), text(&body["data"]["object"]["status"]))
            };
            due(account, now).into_iter().map(told).collect()
        };
        let pair = |kind: &str, status: &str| (kind.to_owned(), status.to_owned());
        let later = NOW + 30 * 60;
        for (charge, at_once, at_last) in [
            ("ch_demo_2000", "succeeded", None),
            (
                "ch_demo_slow",
                "pending",
                Some(("refund.updated", "succeeded")),
            ),
            (
                "ch_demo_fails_later",
                "succeeded",
                Some(("refund.failed", "failed")),
            ),
        ] {
            let mut account = refunded(charge);
            assert_eq!(kinds(&account, NOW), [pair("refund.created", at_once)]);
            let first = account.events.first().unwrap().clone();
            account.apply(Change::EventDelivered(first));
            assert_eq!(kinds(&account, later - 1), []);
            let rest: Vec<_> = at_last.map(|(k, s)| pair(k, s)).into_iter().collect();
            assert_eq!(kinds(&account, later), rest, "{charge}");
        }
    }

    #[test]
    fn the_signature_is_stripes() {
        // Made with `printf '%s' "1700000000.{}" | openssl dgst -sha256 -hmac SECRET`.
        let signed = signature("{}", 1_700_000_000);
        let (time, v1) = signed.split_once(",v1=").unwrap();
        assert_eq!(time, "t=1700000000");
        assert_eq!(
            v1,
            "230064a37a2edfa4b53a6caf4a4a2ae98288a68f946df22ffa992ad1c60534f2"
        );
    }
}

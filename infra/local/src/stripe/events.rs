//! What Stripe tells by itself: signed events about refunds, sent until they are taken in.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, header};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::model::{Event, World};
use super::render;
use super::stand_in::StandIn;
use crate::http_client::HttpClient;

/// What the events are signed with. Everybody may know it: nothing but this machine listens.
pub const WEBHOOK_SECRET: &str = "whsec_for_this_machine_only";

/// How long after a change its event comes, as over the network.
const DELAY: Duration = Duration::from_millis(300);
/// How long the longest wait is after an event that was not taken in.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Sends every event to an address when it is due. Never ends by itself.
pub async fn tell(stand_in: Arc<StandIn>, url: String) {
    let client = HttpClient::new();
    let mut pause = DELAY;
    loop {
        stand_in.next_event().await;
        tokio::time::sleep(pause).await;
        let now = stand_in.time();
        let due = stand_in.look(due);
        let mut failed = false;
        for (event, body) in due {
            if deliver(&client, &url, &body, now).await {
                stand_in.delivered(&event);
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
fn due(world: &World, now: i64) -> Vec<(String, String)> {
    let due = world.events.iter().filter(|event| event.at <= now);
    due.filter_map(|event| Some((event.id.clone(), body(world, event)?.to_string())))
        .collect()
}

fn body(world: &World, event: &Event) -> Option<Value> {
    let refund = world.refund(&event.refund)?;
    Some(json!({
        "id": event.id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": event.at,
        "data": { "object": render::refund(refund, event.at) },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": event.kind,
    }))
}

async fn deliver(client: &HttpClient, url: &str, body: &str, now: Timestamp) -> bool {
    let signature = signature(body, now.as_second());
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, "Stripe/1.0")
        .header("stripe-signature", signature)
        .body(Full::new(Bytes::from(body.to_owned())));
    let Ok(request) = request else {
        return false;
    };
    match client.forward(request).await {
        Ok(response) if response.status().is_success() => true,
        Ok(response) => {
            tracing::warn!(status = %response.status(), "an event of Stripe's was not taken in");
            false
        }
        Err(error) => {
            tracing::warn!(%error, "an event of Stripe's could not be sent");
            false
        }
    }
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
    use super::super::model::{Change, RefundRequest, Target};
    use super::super::world;
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn refunded(charge: &str) -> World {
        let mut world = world::at_start();
        let wish = RefundRequest {
            target: Target::Charge(charge.to_owned()),
            amount_cents: Some(5),
            reason: None,
            metadata: [].into(),
        };
        let refund = world.plan_refund(wish, "re_1".to_owned(), NOW).unwrap();
        world.apply(Change::RefundCreated(refund));
        world
    }

    #[test]
    fn every_change_of_a_refund_is_told_when_it_happens() {
        let kinds = |world: &World, now| -> Vec<(String, String)> {
            let told = |(_, body): (String, String)| {
                let body: Value = serde_json::from_str(&body).unwrap();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&body["type"]), text(&body["data"]["object"]["status"]))
            };
            due(world, now).into_iter().map(told).collect()
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
            let mut world = refunded(charge);
            assert_eq!(kinds(&world, NOW), [pair("refund.created", at_once)]);
            let first = world.events[0].id.clone();
            world.apply(Change::EventDelivered { event: first });
            assert_eq!(kinds(&world, later - 1), []);
            let rest: Vec<_> = at_last.map(|(k, s)| pair(k, s)).into_iter().collect();
            assert_eq!(kinds(&world, later), rest, "{charge}");
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

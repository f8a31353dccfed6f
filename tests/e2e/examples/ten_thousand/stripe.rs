//! A Stripe with every charge that is asked for, each of 2,000.00 USD, and the refunds that are made.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::routing::get;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// By charge.
type Refunds = Arc<Mutex<HashMap<String, Vec<Value>>>>;

/// A Stripe that is serving.
pub(crate) struct Stripe {
    pub(crate) base: String,
    refunds: Refunds,
}

impl Stripe {
    /// How many refunds were made.
    pub(crate) fn refunds(&self) -> usize {
        self.refunds.lock().values().map(Vec::len).sum()
    }
}

pub(crate) fn serve() -> Stripe {
    let refunds = Refunds::default();
    let app = Router::new()
        .route("/v1/charges/{id}", get(charge))
        .route("/v1/customers", get(no_customers))
        .route("/v1/refunds", get(list).post(refund))
        .with_state(Arc::clone(&refunds));
    let runtime = Runtime::new().expect("a runtime can be started");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || runtime.block_on(async { axum::serve(listener, app).await }));
    Stripe {
        base: format!("http://{address}"),
        refunds,
    }
}

async fn charge(State(refunds): State<Refunds>, Path(id): Path<String>) -> String {
    let refunded: u64 = refunds
        .lock()
        .get(&id)
        .into_iter()
        .flatten()
        .filter_map(|refund| refund["amount"].as_u64())
        .sum();
    json!({
        "id": id,
        "object": "charge",
        "amount": 200_000,
        "amount_captured": 200_000,
        "amount_refunded": refunded,
        "billing_details": { "email": "customer@example.com" },
        "captured": true,
        "created": 1_790_000_000,
        "currency": "usd",
        "customer": null,
        "disputed": false,
        "payment_intent": null,
        "payment_method_details": { "card": { "brand": "visa", "last4": "4242" }, "type": "card" },
        "status": "succeeded",
    })
    .to_string()
}

/// Everybody has paid as a guest.
async fn no_customers() -> String {
    json!({ "object": "list", "data": [], "has_more": false }).to_string()
}

async fn list(State(refunds): State<Refunds>, RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    let mut filter = form_urlencoded::parse(query.as_bytes());
    let charge = filter.find(|(name, _)| name == "charge");
    let found = charge.and_then(|(_, charge)| refunds.lock().get(&*charge).cloned());
    json!({ "object": "list", "data": found.unwrap_or_default(), "has_more": false }).to_string()
}

async fn refund(State(refunds): State<Refunds>, body: String) -> String {
    let mut fields = HashMap::new();
    let mut metadata = HashMap::new();
    for (name, value) in form_urlencoded::parse(body.as_bytes()) {
        match name
            .strip_prefix("metadata[")
            .and_then(|name| name.strip_suffix(']'))
        {
            Some(name) => metadata.insert(name.to_owned(), value.into_owned()),
            None => fields.insert(name.into_owned(), value.into_owned()),
        };
    }
    let charge = fields.remove("charge").unwrap_or_default();
    let amount: u64 = fields["amount"].parse().expect("cents");
    let made = json!({
        "id": format!("re_{charge}"),
        "object": "refund",
        "amount": amount,
        "charge": charge,
        "currency": "usd",
        "metadata": metadata,
        "status": "succeeded",
    });
    refunds.lock().entry(charge).or_default().push(made.clone());
    made.to_string()
}

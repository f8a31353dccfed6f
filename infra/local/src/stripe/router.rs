//! The HTTP side: addresses, bodies, headers.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::door::{RequestId, at_the_door};
use super::error::StripeError;
use super::keys::Fingerprint;
use super::model::{Change, Customer, Refund, World};
use super::params::{self, Pairs};
use super::render;
use super::stand_in::{Call, Reply, StandIn, new_id};

mod credits;

const FORM: &str = "application/x-www-form-urlencoded";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const ORIGINAL_REQUEST: HeaderName = HeaderName::from_static("original-request");

type Account = State<Arc<StandIn>>;

/// Stripe's `/v1/...` over the stand-in.
pub fn router(stand_in: Arc<StandIn>) -> Router {
    Router::new()
        .route("/v1/refunds", get(list_refunds).post(create_refund))
        .route("/v1/refunds/{id}", get(get_refund).post(update_refund))
        .route("/v1/charges/{id}", get(get_charge))
        .route("/v1/payment_intents/{id}", get(get_payment_intent))
        .route("/v1/customers", get(list_customers))
        .route("/v1/customers/{id}", get(get_customer))
        .route(
            "/v1/customers/{id}/balance_transactions",
            get(credits::list_balance_transactions).post(credits::create_balance_transaction),
        )
        .route("/v1/invoice_payments", get(credits::list_invoice_payments))
        .route(
            "/v1/credit_notes",
            get(credits::list_credit_notes).post(credits::create_credit_note),
        )
        .fallback(unrecognized)
        .method_not_allowed_fallback(unrecognized)
        .with_state(stand_in)
        .layer(from_fn(at_the_door))
}

async fn create_refund(
    State(stand_in): Account,
    axum::Extension(id): axum::Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    change(
        stand_in,
        id,
        "/v1/refunds",
        &headers,
        &body,
        |pairs, world, now| {
            let request = params::refund_request(pairs)?;
            let refund = world.plan_refund(request, new_id("re"), now)?;
            Ok(Change::RefundCreated(refund))
        },
    )
    .await
}

async fn update_refund(
    State(stand_in): Account,
    axum::Extension(id): axum::Extension<RequestId>,
    Path(refund): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = format!("/v1/refunds/{refund}");
    change(
        stand_in,
        id,
        &path,
        &headers,
        &body,
        move |pairs, world, _now| {
            let current = find(world.refund(&refund), "refund", &refund, "refund")?;
            let metadata = params::updated_metadata(pairs, &current.metadata)?;
            Ok(Change::MetadataSet { refund, metadata })
        },
    )
    .await
}

/// Runs a change that a form asks for, under its idempotency key, if it has one.
async fn change<F>(
    stand_in: Arc<StandIn>,
    request_id: RequestId,
    path: &str,
    headers: &HeaderMap,
    body: &Bytes,
    decide: F,
) -> Response
where
    F: FnOnce(&Pairs, &World, i64) -> Result<Change, StripeError> + Send + 'static,
{
    let pairs = match form(headers, body) {
        Ok(pairs) => pairs,
        Err(error) => return Reply::from(error).into_response(),
    };
    let key = headers.get(IDEMPOTENCY_KEY);
    let call = Call {
        key: key.map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned()),
        request: Fingerprint {
            path: path.to_owned(),
            params: params::normalised(&pairs),
        },
        request_id: request_id.0,
    };
    let reply = stand_in
        .change(call, move |world, now| decide(&pairs, world, now))
        .await;
    let mut response = reply.into_response();
    if let Some(key) = key {
        response.headers_mut().insert(IDEMPOTENCY_KEY, key.clone());
    }
    response
}

async fn list_refunds(State(stand_in): Account, RawQuery(query): RawQuery) -> Response {
    answer(&stand_in, query, |pairs, world, now| {
        let wanted = params::refund_list(pairs)?;
        if let Some(charge) = &wanted.charge {
            find(world.charge(charge), "charge", charge, "charge")?;
        }
        if let Some(intent) = &wanted.payment_intent {
            find(
                world.intent(intent),
                "payment_intent",
                intent,
                "payment_intent",
            )?;
        }
        let matches = |refund: &&Refund| {
            let of_charge = wanted.charge.as_ref().is_none_or(|id| *id == refund.charge);
            let intent = wanted.payment_intent.as_ref();
            of_charge && intent.is_none_or(|id| Some(id) == refund.payment_intent.as_ref())
        };
        let newest_first: Vec<&Refund> = world.refunds.iter().rev().filter(matches).collect();
        let render = |refund: &Refund| render::refund(refund, now);
        render::list(
            "/v1/refunds",
            &newest_first,
            &wanted.page,
            |r| &r.id,
            render,
        )
        .ok_or_else(|| no_cursor("refund", wanted.page.starting_after.as_deref()))
    })
}

async fn list_customers(State(stand_in): Account, RawQuery(query): RawQuery) -> Response {
    answer(&stand_in, query, |pairs, world, _now| {
        let wanted = params::customer_list(pairs)?;
        // Exact and case-sensitive, as Stripe documents it.
        let email = wanted.email.as_ref();
        let matches = |customer: &&Customer| email.is_none_or(|email| *email == customer.email);
        let newest_first: Vec<&Customer> = world.customers.iter().rev().filter(matches).collect();
        let url = "/v1/customers";
        render::list(
            url,
            &newest_first,
            &wanted.page,
            |c| &c.id,
            |customer| render::customer(world, customer),
        )
        .ok_or_else(|| no_cursor("customer", wanted.page.starting_after.as_deref()))
    })
}

async fn get_refund(
    State(stand_in): Account,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, now| {
        params::nothing(pairs)?;
        let refund = find(world.refund(&id), "refund", &id, "refund")?;
        Ok(render::refund(refund, now))
    })
}

async fn get_charge(
    State(stand_in): Account,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, now| {
        params::nothing(pairs)?;
        let charge = find(world.charge(&id), "charge", &id, "charge")?;
        Ok(render::charge(world, charge, now))
    })
}

async fn get_payment_intent(
    State(stand_in): Account,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, _now| {
        params::nothing(pairs)?;
        let intent = find(world.intent(&id), "payment_intent", &id, "intent")?;
        Ok(render::payment_intent(intent))
    })
}

async fn get_customer(
    State(stand_in): Account,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, _now| {
        params::nothing(pairs)?;
        let customer = find(world.customer(&id), "customer", &id, "id")?;
        Ok(render::customer(world, customer))
    })
}

async fn unrecognized(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let message = format!(
        "Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove the trailing \
         slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in \
         your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
    );
    Reply::from(StripeError::invalid(message).status(404)).into_response()
}

/// Answers a question that changes nothing.
fn answer(
    stand_in: &StandIn,
    query: Option<String>,
    look: impl FnOnce(&Pairs, &World, i64) -> Result<Value, StripeError>,
) -> Response {
    let pairs = params::decode(query.unwrap_or_default().as_bytes());
    let reply = match stand_in.look(|world, now| look(&pairs, world, now)) {
        Ok(body) => Reply {
            status: 200,
            body,
            replay_of: None,
        },
        Err(error) => error.into(),
    };
    reply.into_response()
}

fn find<'a, T>(
    found: Option<&'a T>,
    noun: &str,
    id: &str,
    param: &str,
) -> Result<&'a T, StripeError> {
    found.ok_or_else(|| StripeError::missing(noun, id, param))
}

fn no_cursor(noun: &str, id: Option<&str>) -> StripeError {
    StripeError::missing(noun, id.unwrap_or_default(), "starting_after")
}

/// The pairs of a form body; an empty body needs no content type.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Pairs, StripeError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    if !body.is_empty() && !content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(FORM)) {
        return Err(StripeError::invalid(format!(
            "Invalid request (check that your POST content type is {FORM}). If you have any questions, we can \
             help at https://support.stripe.com/."
        )));
    }
    Ok(params::decode(body))
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut text = serde_json::to_string_pretty(&self.body).unwrap_or_default();
        text.push('\n');
        let mut response = Response::new(Body::from(text));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some(original) = self.replay_of {
            headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            if let Ok(original) = HeaderValue::from_str(&original) {
                headers.insert(ORIGINAL_REQUEST, original);
            }
        }
        response
    }
}

//! API Gateway: an HTTP API with the template's routes in front of the functions.
//!
//! Requests become events of payload format 2.0, answers become responses, and limits and refusals are
//! API Gateway's own, so that a function meets here what it will meet on AWS.

mod event;
mod response;
mod routes;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::time;
use tracing::{error, warn};
use uuid::Uuid;

use crate::{clock::Clock, lambda::Functions, template::Route};
use routes::Routes;

/// The largest request that an HTTP API takes.
const LARGEST_REQUEST: usize = 10 * 1024 * 1024;

/// How long an HTTP API waits for a function.
pub const PATIENCE: Duration = Duration::from_secs(30);

struct Gateway {
    routes: Routes,
    functions: Functions,
    clock: Clock,
    domain_name: String,
    patience: Duration,
}

/// An HTTP API at `domain_name`, `127.0.0.1:PORT`, that takes everything that no other route of the stack does. It reads the
/// time of its requests from `clock` and waits for functions as long as `patience`.
pub fn router(
    routes: &[Route],
    functions: Functions,
    clock: Clock,
    domain_name: String,
    patience: Duration,
) -> Router {
    let gateway = Gateway {
        routes: Routes::new(routes),
        functions,
        clock,
        domain_name,
        patience,
    };
    Router::new().fallback(serve).with_state(Arc::new(gateway))
}

impl Gateway {
    async fn answer(&self, request: Request, request_id: Uuid) -> Response {
        let (parts, body) = request.into_parts();
        // Before anything is refused: hyper closes a connection whose request was not read to its end, and a client that
        // keeps it for the next request is cut off.
        let Ok(body) = axum::body::to_bytes(body, LARGEST_REQUEST).await else {
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        };
        let path = event::decode(parts.uri.path());
        let Some((route, parameters)) = self.routes.find(parts.method.as_str(), &path) else {
            return refusal(StatusCode::NOT_FOUND, "Not Found");
        };
        if !event::has_valid_host(&parts.headers) {
            return refusal(StatusCode::BAD_REQUEST, "Bad Request");
        }
        let context = event::Context {
            route_key: &route.key,
            path: &path,
            path_parameters: &parameters,
            domain_name: &self.domain_name,
            request_id,
            now: self.clock.now(),
        };
        let payload = event::payload(&context, &parts, &body).to_string();
        let invocation = self.functions.invoke(&route.function, payload.into());
        let Ok(answer) = time::timeout(self.patience, invocation).await else {
            warn!(route.function, "took longer than API Gateway waits");
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        };
        let interpreted = answer
            .map_err(|error| error.to_string())
            .and_then(|answer| response::interpret(&answer));
        interpreted.unwrap_or_else(|error| {
            error!(route.function, route.key, "{error}");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        })
    }
}

async fn serve(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let request_id = Uuid::new_v4();
    let response = gateway.answer(request, request_id).await;
    ([("apigw-requestid", request_id.to_string())], response).into_response()
}

/// API Gateway's own answer.
fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

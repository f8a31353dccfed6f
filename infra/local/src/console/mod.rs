//! The console of the local stack, `/_local`, and its JSON API for tests, `/_local/api`.
//!
//! Every page works without scripts (it reloads itself); with them, a few lines fetch the page's changing part and
//! put it in place. Nothing comes from elsewhere. All that is shown was written by somebody else, a customer
//! above all: it is escaped by `maud`, mails in HTML are shown in a sandbox, and a content security policy says
//! the same once more.
//!
//! The console mostly looks. What changes something is a POST: the clock's address in the API, and the redrive
//! of an execution that failed.

mod api;
mod diagram;
mod live;
mod pages;
mod source;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use pages::home::Selected;
use pages::parts::request_path;
pub use source::Console;

/// The console and its API, at their full paths under `/_local`.
pub fn router(console: Console) -> Router {
    Router::new()
        .route("/_local", get(home))
        .route("/_local/", get(home))
        .route("/_local/requests/{id}", get(request))
        .route("/_local/requests/{id}/redrive", post(redrive))
        .route("/_local/emails/{id}", get(mail))
        .route("/_local/emails/{id}/html", get(mail_html))
        .route("/_local/api/emails", get(api::emails))
        .route("/_local/api/executions/{id}", get(api::execution))
        .route("/_local/api/clock", post(api::clock))
        .with_state(Arc::new(console))
}

type Shared = State<Arc<Console>>;

async fn home(State(console): Shared, selected: Selected, headers: HeaderMap) -> Response {
    let selection = selected.map(|query| query.0).unwrap_or_default();
    let find = &selection.find;
    if !find.is_empty() && console.executor.status(find).is_some() {
        return Redirect::to(&request_path(find)).into_response();
    }
    let render = || Some(pages::home::page(&console, &selection));
    live::answer(&console, &headers, render).await
}

async fn request(State(console): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let render = || pages::request::page(&console, &id);
    live::answer(&console, &headers, render).await
}

/// Lets a failed execution go on, and shows the request again.
async fn redrive(State(console): Shared, Path(id): Path<String>) -> Response {
    match console.executor.redrive(&id) {
        Ok(()) => Redirect::to(&request_path(&id)).into_response(),
        Err(error) => {
            let status = match error.name() {
                Some("ExecutionDoesNotExist") => StatusCode::NOT_FOUND,
                Some(_) => StatusCode::CONFLICT,
                None => StatusCode::SERVICE_UNAVAILABLE,
            };
            api::problem(status, &format!("It was not redriven: {error}."))
        }
    }
}

async fn mail(State(console): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let render = || console.outbox.get(&id).map(|mail| pages::mail::page(&mail));
    live::answer(&console, &headers, render).await
}

/// A mail's HTML alone, for the frame on its page: no scripts, nothing fetched, links open in the whole window.
async fn mail_html(State(console): Shared, Path(id): Path<String>) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
                          frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";
    let Some(mail) = console.outbox.get(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let page = format!("<!doctype html><base target=\"_top\">{}", mail.html);
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}

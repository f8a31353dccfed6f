//! Refuses requests that were not addressed to this machine.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses callers who came by another name than this machine's: a web page elsewhere can make a name
/// of its own point here, and would then read the outbox.
pub(super) async fn this_machine_only(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .map_or("", |host| {
            host.rsplit_once(':').map_or(host, |(name, _)| name)
        });
    if matches!(host, "127.0.0.1" | "localhost") {
        return next.run(request).await;
    }
    let refusal = "This is for http://127.0.0.1 and http://localhost alone.\n";
    (StatusCode::FORBIDDEN, refusal).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn the_fakes_answer_this_machine_alone() {
        let app = Router::new()
            .route("/_local", axum::routing::get(|| async { "outbox" }))
            .layer(middleware::from_fn(this_machine_only));
        for (host, expected) in [
            ("127.0.0.1:3000", 200),
            ("localhost:3000", 200),
            ("localhost", 200),
            ("elsewhere.example.com:3000", 403),
            ("127.0.0.1.example.com", 403),
            ("", 403),
        ] {
            let request = Request::get("/_local")
                .header(header::HOST, host)
                .body(axum::body::Body::empty())
                .unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), expected, "{host}");
        }
    }
}

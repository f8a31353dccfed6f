//! A client for HTTP on this machine: to the embedded database, and to functions run by others.

use axum::{
    body::Body,
    http::{HeaderName, Request, Response, response},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// What can go wrong on the way.
pub(crate) type HttpError = Box<dyn std::error::Error + Send + Sync>;

/// Keeps connections open between requests. Clones share them.
#[derive(Clone)]
pub(crate) struct HttpClient {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl HttpClient {
    pub(crate) fn new() -> HttpClient {
        let mut connector = HttpConnector::new();
        // Without it a small request may wait 40 ms for an acknowledgement.
        connector.set_nodelay(true);
        HttpClient {
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Posts a body and reads the whole answer.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: &[(HeaderName, &str)],
        body: Bytes,
    ) -> Result<(response::Parts, Bytes), HttpError> {
        let mut request = Request::post(url);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Full::new(body))?;
        let (parts, body) = self.client.request(request).await?.into_parts();
        Ok((parts, body.collect().await?.to_bytes()))
    }

    /// Passes a request on and its answer back.
    pub(crate) async fn forward(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, HttpError> {
        Ok(self.client.request(request).await?.map(Body::new))
    }
}

//! HTTP on this machine: to the embedded database, and to functions run by others.

use reqwest::{Client, redirect::Policy};

/// A client that keeps connections open between requests. Clones share them.
pub(crate) fn http_client() -> Client {
    let client = Client::builder().no_proxy().redirect(Policy::none());
    // To read the system's certificates takes a while, and nothing on this machine shows one.
    let client = client.tls_certs_only([]).build();
    client.expect("it reads nothing of the system's configuration")
}

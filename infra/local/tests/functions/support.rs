//! What the tests with a real function process share.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::Router;
use local::{lambda::Functions, template::Function};
use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinHandle},
};

/// The stand-in for Lambda with the one function `Test`, served on a port of its own.
pub(crate) struct Lambda {
    pub(crate) functions: Functions,
    server: JoinHandle<()>,
}

impl Lambda {
    /// Starts it. `at_start` is what the function does before it is ready.
    pub(crate) async fn start(timeout: Duration, at_start: &str) -> Lambda {
        let function = Function {
            id: "Test".to_owned(),
            binary: "test-function".to_owned(),
            timeout,
            memory_mb: 256,
            environment: BTreeMap::from([("TEST_AT_START".to_owned(), at_start.to_owned())]),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let executables = BTreeMap::from([("test-function".to_owned(), test_function())]);
        let (functions, router) =
            Functions::local(&[function], &executables, &base_url, &BTreeMap::new()).unwrap();
        let app = Router::new().nest("/_local/lambda", router);
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Lambda { functions, server }
    }

    /// Ends the server, as when the stack is killed.
    pub(crate) fn server(&self) -> AbortHandle {
        self.server.abort_handle()
    }
}

/// The function's binary. Cargo puts examples beside the folder of tests, but builds them only when
/// nothing narrower than all tests of a package is asked for.
fn test_function() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().unwrap().parent().unwrap();
    let binary = target.join("examples").join("test_function");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/test_function.rs");
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    assert!(
        changed(&binary) >= changed(Path::new(source)),
        "{} is missing or stale: run all tests of this package, or `cargo build -p local --examples`",
        binary.display()
    );
    binary
}

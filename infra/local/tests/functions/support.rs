//! What the tests with a real function process share.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::Router;
use local::{lambda::Functions, template::Function};
use tokio::{net::TcpListener, runtime::Runtime};

/// The fake of Lambda with the one function `Test`, served on a port of its own.
pub(crate) struct Lambda {
    pub(crate) functions: Functions,
    pub(crate) server: Server,
}

/// The server, on a runtime of its own: when that ends, all connections end with it, also those that
/// wait for an answer.
pub(crate) struct Server(Option<Runtime>);

impl Server {
    fn start(listener: std::net::TcpListener, app: Router) -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
        Self(Some(runtime))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Lambda {
    /// Starts it. `at_start` is what the function does before it is ready.
    pub(crate) fn start(timeout: Duration, at_start: &str) -> Lambda {
        let function = Function {
            id: "Test".to_owned(),
            binary: "test-function".to_owned(),
            timeout,
            memory_mb: 256,
            environment: BTreeMap::from([("TEST_AT_START".to_owned(), at_start.to_owned())]),
            log_format: None,
            log_level: None,
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let executables = BTreeMap::from([("test-function".to_owned(), test_function())]);
        let (functions, router) =
            Functions::local(&[function], &executables, &base_url, &BTreeMap::new(), None);
        let app = Router::new().nest("/_local/lambda", router);
        let server = Server::start(listener, app);
        Lambda { functions, server }
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

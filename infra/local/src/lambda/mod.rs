//! Lambda: runs the real function binaries, one process per concurrent invocation.
//!
//! [`build`] compiles them, [`host`] speaks the Runtime API to them, [`instance`] is one process and
//! [`pool`] all processes of a function. With `--functions URL` [`remote`] calls functions that
//! something else runs, such as `cargo lambda watch`. Callers see [`Functions`] either way.

pub mod build;
mod environment;
mod error;
mod host;
mod instance;
mod output;
mod pool;
mod remote;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    states::{Answer, TaskError, TaskRunner},
    template::Function,
};
pub use environment::endpoints;
pub use error::FunctionError;
use host::Host;
use instance::Program;
use pool::Pool;
use remote::Remote;

/// The functions of the template, ready to be invoked. Clones share the same processes.
#[derive(Clone)]
pub struct Functions {
    backends: Arc<HashMap<String, Backend>>,
    /// Invocations run to their end even when their caller has given up, as they do on AWS.
    running: Arc<Mutex<JoinSet<()>>>,
}

enum Backend {
    Local(Box<Pool>),
    Remote(Remote),
}

impl Functions {
    /// Functions whose processes this stack starts itself, with `passed_on` in the environment of each; one
    /// without an executable is unknown. `base_url` is the stack's own address; the router has to be served there
    /// under `/_local/lambda`. What they print is kept in `logs`.
    pub fn local(
        functions: &[Function],
        executables: &BTreeMap<String, PathBuf>,
        base_url: &str,
        passed_on: &BTreeMap<String, String>,
        logs: Option<&Path>,
    ) -> (Functions, Router) {
        let host = Host::default();
        let backends = functions.iter().filter_map(|function| {
            let program = Program {
                function: function.clone(),
                executable: executables.get(&function.binary)?.clone(),
                environment: environment::of_function(function, base_url, passed_on),
                base_url: base_url.to_owned(),
                log: logs.map(|folder| folder.join(format!("{}.log", function.id))),
            };
            let pool = Box::new(Pool::new(program, host.clone()));
            Some((function.id.clone(), Backend::Local(pool)))
        });
        (Functions::new(backends), host.router())
    }

    /// Functions that `cargo lambda watch` or the like runs at `url`.
    pub fn remote(functions: &[Function], url: &str) -> Functions {
        Functions::new(functions.iter().map(|function| {
            let remote = Remote::new(url, &function.binary);
            (function.id.clone(), Backend::Remote(remote))
        }))
    }

    fn new(backends: impl Iterator<Item = (String, Backend)>) -> Functions {
        Functions {
            backends: Arc::new(backends.collect()),
            running: Arc::default(),
        }
    }

    /// Invokes a function by its name or its ARN and waits for its answer.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, FunctionError> {
        let name = function.rsplit(':').next().unwrap_or(function).to_owned();
        let backends = Arc::clone(&self.backends);
        let (sender, receiver) = oneshot::channel();
        let invocation = async move {
            let answer = match backends.get(&name) {
                Some(Backend::Local(pool)) => pool.invoke(payload).await,
                Some(Backend::Remote(remote)) => remote.invoke(payload).await,
                None => Err(FunctionError::new(
                    "Lambda.ResourceNotFoundException",
                    format!("there is no function `{name}`"),
                )),
            };
            // An error means that the caller has gone.
            let _ = sender.send(answer);
        };
        {
            let mut running = self.running.lock();
            while running.try_join_next().is_some() {}
            running.spawn(invocation);
        }
        let stopping = |_| Err(FunctionError::unreachable("the stack is stopping"));
        receiver.await.unwrap_or_else(stopping)
    }

    /// Ends all processes and all invocations under way.
    pub fn stop(&self) {
        self.running.lock().abort_all();
        for backend in self.backends.values() {
            if let Backend::Local(pool) = backend {
                pool.stop();
            }
        }
    }
}

/// Functions as the tasks of state machines: a failure is named by what the function or Lambda reports.
impl TaskRunner for Functions {
    fn invoke(&self, function: String, payload: Value) -> Answer {
        let functions = self.clone();
        Box::pin(async move {
            let answer = Functions::invoke(&functions, &function, payload.to_string().into()).await;
            let answer = answer.map_err(|failure| TaskError {
                error: failure.error_type,
                cause: failure.report.to_string(),
            })?;
            serde_json::from_slice(&answer).map_err(|error| TaskError {
                error: "Lambda.Unknown".to_owned(),
                cause: format!("The answer of {function} is not JSON: {error}"),
            })
        })
    }
}

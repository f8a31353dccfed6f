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
mod task_runner;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;
use bytes::Bytes;
use tokio::{sync::oneshot, task::JoinSet};

use crate::template::Function;
pub use environment::endpoints;
pub use error::{FunctionError, InvokeError};
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

#[derive(Clone)]
enum Backend {
    Local(Arc<Pool>),
    Remote(Arc<Remote>),
}

impl Functions {
    /// Functions whose processes this stack starts itself, with `passed_on` in the environment of each.
    /// `base_url` is the stack's own address; the router has to be served there under `/_local/lambda`.
    /// What they print is kept in `logs`.
    pub fn local(
        functions: &[Function],
        executables: &BTreeMap<String, PathBuf>,
        base_url: &str,
        passed_on: &BTreeMap<String, String>,
        logs: Option<&Path>,
    ) -> Result<(Functions, Router), InvokeError> {
        let host = Host::default();
        let mut backends = HashMap::new();
        for function in functions {
            let executable = executables
                .get(&function.binary)
                .ok_or_else(|| InvokeError::NoSuchFunction(function.binary.clone()))?;
            let program = Program {
                function: function.clone(),
                executable: executable.clone(),
                environment: environment::of_function(function, base_url, passed_on),
                base_url: base_url.to_owned(),
                log: logs.map(|folder| folder.join(format!("{}.log", function.id))),
            };
            let pool = Pool::new(program, host.clone());
            backends.insert(function.id.clone(), Backend::Local(Arc::new(pool)));
        }
        Ok((Functions::new(backends), host.router()))
    }

    /// Functions that `cargo lambda watch` or the like runs at `url`.
    pub fn remote(functions: &[Function], url: &str) -> Functions {
        let backends = functions.iter().map(|function| {
            let remote = Remote::new(url, &function.binary);
            (function.id.clone(), Backend::Remote(Arc::new(remote)))
        });
        Functions::new(backends.collect())
    }

    fn new(backends: HashMap<String, Backend>) -> Functions {
        Functions {
            backends: Arc::new(backends),
            running: Arc::default(),
        }
    }

    /// Invokes a function by its name or its ARN and waits for its answer.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let name = name_of(function);
        let backend = self
            .backends
            .get(name)
            .ok_or_else(|| InvokeError::NoSuchFunction(function.to_owned()))?
            .clone();
        let (sender, receiver) = oneshot::channel();
        self.track(async move {
            let answer = match backend {
                Backend::Local(pool) => pool.invoke(payload).await,
                Backend::Remote(remote) => remote.invoke(payload).await,
            };
            // An error means that the caller has gone.
            let _ = sender.send(answer);
        });
        receiver
            .await
            .unwrap_or_else(|_| Err(InvokeError::Stopping))
    }

    /// Ends all processes and all invocations under way.
    pub fn stop(&self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
        for backend in self.backends.values() {
            if let Backend::Local(pool) = backend {
                pool.stop();
            }
        }
    }

    fn track(&self, invocation: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(invocation);
    }
}

/// The name in `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`, or the name itself.
fn name_of(function: &str) -> &str {
    match function.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_name_and_by_arn() {
        for name in [
            "Decide",
            "arn:aws:lambda:us-east-1:000000000000:function:Decide",
            "arn:aws:lambda:us-east-1:000000000000:function:Decide:$LATEST",
        ] {
            assert_eq!(name_of(name), "Decide");
        }
    }
}

//! One process of a function.

use std::{collections::BTreeMap, io, path::PathBuf, process::Stdio, time::Duration};

use bytes::Bytes;
use tokio::{
    process::{Child, Command},
    sync::oneshot,
    time,
};
use uuid::Uuid;

use super::{
    error::{FunctionError, InvokeError},
    host::{Connection, Host, Invocation},
    output,
};
use crate::template::{Function, function_arn};

/// How long Lambda lets a function initialize.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How to start a process of a function.
pub(super) struct Program {
    pub(super) function: Function,
    pub(super) executable: PathBuf,
    /// But for the address that each process has of its own.
    pub(super) environment: BTreeMap<String, String>,
    /// The stack's own address.
    pub(super) base_url: String,
    /// Where what it logs is kept.
    pub(super) log: Option<PathBuf>,
}

/// A process that has started and waits for an invocation.
pub(super) struct Instance {
    function: String,
    timeout: Duration,
    child: Child,
    connection: Connection,
}

/// How an invocation ended, and whether the process can take another.
pub(super) struct Outcome {
    pub(super) answer: Result<Bytes, FunctionError>,
    pub(super) reusable: bool,
}

impl Instance {
    /// Starts a process and waits until it asks for work.
    pub(super) async fn start(program: &Program, host: &Host) -> Result<Instance, InvokeError> {
        let function = &program.function;
        let connection = host.connect();
        let mut child = program.spawn(connection.id).map_err(|error| {
            InvokeError::Unreachable(format!(
                "cannot start {} for function `{}`: {error}",
                program.executable.display(),
                function.id
            ))
        })?;
        tokio::select! {
            () = connection.ready() => {}
            status = child.wait() => return Err(exited(connection.id, status).into()),
            () = time::sleep(INIT_TIMEOUT) => {
                return Err(timed_out(connection.id, INIT_TIMEOUT).into());
            }
        }
        Ok(Instance {
            function: function.id.clone(),
            timeout: function.timeout,
            child,
            connection,
        })
    }

    /// Whether the process is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Gives the process an invocation and waits for its answer, its end, or the end of its time. The
    /// time starts when the process is ready: on Lambda, too, initialization does not count.
    pub(super) async fn invoke(&mut self, payload: Bytes) -> Outcome {
        let request_id = Uuid::new_v4();
        let (reply, answer) = oneshot::channel();
        let invocation = Invocation {
            request_id,
            function_arn: function_arn(&self.function),
            timeout: self.timeout,
            payload,
            reply,
        };
        // An error is a process that is gone, which the wait below sees.
        let _ = self.connection.invocations.send(invocation).await;
        tokio::select! {
            // In this order: a process may answer and then exit.
            biased;
            Ok(answer) = answer => Outcome { answer, reusable: true },
            status = self.child.wait() => Outcome {
                answer: Err(exited(request_id, status)),
                reusable: false,
            },
            () = time::sleep(self.timeout) => {
                // Its side effects must not go on. Dropping the instance would kill it as well, but
                // not before this answer is out.
                let _ = self.child.start_kill();
                Outcome { answer: Err(timed_out(request_id, self.timeout)), reusable: false }
            }
        }
    }
}

impl Program {
    fn spawn(&self, instance: Uuid) -> io::Result<Child> {
        let name = &self.function.id;
        let runtime_api = format!("{}/_local/lambda/{name}/{instance}", self.base_url);
        let mut child = Command::new(&self.executable)
            .env_clear()
            .envs(&self.environment)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ends with the stack. When the stack itself is killed, this cannot run: then the process
            // loses its connection to the Runtime API and ends by itself.
            .kill_on_drop(true)
            .spawn()?;
        if let Some(stdout) = child.stdout.take() {
            let kept = self.log.as_deref().map(output::open).transpose()?;
            output::follow(name.clone(), stdout, kept);
        }
        if let Some(stderr) = child.stderr.take() {
            output::follow(name.clone(), stderr, None);
        }
        Ok(child)
    }
}

fn exited(request_id: Uuid, status: io::Result<std::process::ExitStatus>) -> FunctionError {
    let how = match status {
        Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
        Ok(status) => format!("Runtime exited with error: {status}"),
        Err(error) => format!("Runtime cannot be watched: {error}"),
    };
    FunctionError::new(
        "Runtime.ExitError",
        format!("RequestId: {request_id} Error: {how}"),
    )
}

fn timed_out(request_id: Uuid, timeout: Duration) -> FunctionError {
    let message = format!(
        "RequestId: {request_id} Error: Task timed out after {}.{:02} seconds",
        timeout.as_secs(),
        timeout.subsec_millis() / 10
    );
    FunctionError::new("Sandbox.Timedout", message)
}

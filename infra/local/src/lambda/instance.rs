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
    error::FunctionError,
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

/// A process that was started.
pub(super) struct Instance {
    child: Child,
    connection: Connection,
}

impl Instance {
    /// Starts a process.
    pub(super) fn start(program: &Program, host: &Host) -> Result<Instance, FunctionError> {
        let connection = host.connect();
        let child = program.spawn(connection.id).map_err(|error| {
            let executable = program.executable.display();
            let name = &program.function.id;
            let what = format!("cannot start {executable} for function `{name}`");
            FunctionError::unreachable(format!("{what}: {error}"))
        })?;
        Ok(Instance { child, connection })
    }

    /// Whether the process is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Gives the process an invocation when it asks for one, and waits for its answer; the outer error is that of a
    /// process which cannot take another. The time starts when the process is ready: on Lambda, too, initialization
    /// does not count.
    pub(super) async fn invoke(
        &mut self,
        function: &Function,
        payload: Bytes,
    ) -> Result<Result<Bytes, FunctionError>, FunctionError> {
        let request_id = Uuid::new_v4();
        let (reply, answer) = oneshot::channel();
        let mut invocation = Invocation {
            request_id,
            function_arn: function_arn(&function.id),
            timeout: function.timeout,
            payload,
            reply,
        };
        loop {
            let poll = self.connection.polls.recv();
            let poll = within(INIT_TIMEOUT, &mut self.child, request_id, poll).await?;
            let poll = poll.expect("the line is open for as long as the connection is kept");
            match poll.send(invocation) {
                Ok(()) => break,
                // It has hung up, and asks again.
                Err(unsent) => invocation = unsent,
            }
        }
        let answer = within(function.timeout, &mut self.child, request_id, answer).await?;
        answer.map_err(|_| exited(request_id, "Runtime sent no response"))
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

/// What a process does in time, or the error of one that ended or took too long.
async fn within<T>(
    timeout: Duration,
    child: &mut Child,
    request_id: Uuid,
    awaited: impl Future<Output = T>,
) -> Result<T, FunctionError> {
    tokio::select! {
        // In this order: a process may answer and then exit.
        biased;
        outcome = awaited => Ok(outcome),
        status = child.wait() => Err(match status {
            Ok(status) if status.success() => {
                exited(request_id, "Runtime exited without providing a reason")
            }
            Ok(status) => exited(request_id, &format!("Runtime exited with error: {status}")),
            Err(error) => exited(request_id, &format!("Runtime cannot be watched: {error}")),
        }),
        () = time::sleep(timeout) => {
            // Its side effects must not go on. Dropping the instance would kill it as well, but not before
            // this answer is out.
            let _ = child.start_kill();
            let seconds = timeout.as_secs_f64();
            let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
            Err(FunctionError::new("Sandbox.Timedout", message))
        }
    }
}

fn exited(request_id: Uuid, how: &str) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: {how}");
    FunctionError::new("Runtime.ExitError", message)
}

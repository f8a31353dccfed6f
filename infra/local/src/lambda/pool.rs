//! All processes of one function.

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{
    error::FunctionError,
    host::Host,
    instance::{Instance, Program},
};

/// How many processes a function may have at a time. Lambda would start a thousand; a laptop queues.
const MOST_INSTANCES: usize = 8;

/// The processes of a function: started when none is idle, then used again.
pub(super) struct Pool {
    program: Program,
    host: Host,
    idle: Mutex<Vec<Instance>>,
    free: Semaphore,
}

impl Pool {
    pub(super) fn new(program: Program, host: Host) -> Pool {
        Pool {
            program,
            host,
            idle: Mutex::default(),
            free: Semaphore::new(MOST_INSTANCES),
        }
    }

    /// Runs one invocation in a process of its own.
    pub(super) async fn invoke(&self, payload: Bytes) -> Result<Bytes, FunctionError> {
        let permit = self.free.acquire().await;
        let _permit = permit.map_err(|_| FunctionError::unreachable("the stack is stopping"))?;
        let mut instance = match self.take_idle() {
            Some(instance) => instance,
            None => Instance::start(&self.program, &self.host)?,
        };
        let answer = instance.invoke(&self.program.function, payload).await?;
        if !self.free.is_closed() {
            self.idle.lock().push(instance);
        }
        answer
    }

    /// Ends the idle processes and starts no others.
    pub(super) fn stop(&self) {
        self.free.close();
        self.idle.lock().clear();
    }

    /// The process that was used last, skipping those that ended while idle.
    fn take_idle(&self) -> Option<Instance> {
        let mut idle = self.idle.lock();
        std::iter::from_fn(|| idle.pop())
            .find_map(|mut instance| instance.is_alive().then_some(instance))
    }
}

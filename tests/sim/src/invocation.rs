//! What is known of the invocation that makes a call to a port.

use std::cell::Cell;

use domain::id::RequestId;

/// An invocation of a function.
#[derive(Debug, Default)]
pub(crate) struct Invocation {
    /// The request that it is for.
    request: Option<RequestId>,
    /// Whether payments were stopped when it asked for that last. None: it has not asked.
    stopped: Cell<Option<bool>>,
}

tokio::task_local! {
    static CURRENT: Invocation;
}

impl Invocation {
    /// Runs something as an invocation for a request.
    pub(crate) async fn run<R>(request: Option<RequestId>, work: impl Future<Output = R>) -> R {
        let invocation = Self {
            request,
            ..Self::default()
        };
        CURRENT.scope(invocation, work).await
    }

    /// The request that the current one is for.
    pub(crate) fn request() -> Option<RequestId> {
        CURRENT.try_with(|current| current.request).ok().flatten()
    }

    /// The current one asks whether payments are stopped. Operators do so too, outside of any.
    pub(crate) fn asks_whether_stopped(is_stopped: bool) {
        let _ = CURRENT.try_with(|current| current.stopped.set(Some(is_stopped)));
    }

    /// What was so when the current one asked last.
    pub(crate) fn was_stopped() -> Option<bool> {
        CURRENT.with(|current| current.stopped.get())
    }
}

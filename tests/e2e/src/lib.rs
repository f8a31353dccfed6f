//! The whole system through its real binaries, over HTTP and the outbox alone: [`LocalStack`] is a running
//! stack and the [`TestClient`] of it.

mod local_stack;

pub use local_stack::{LocalStack, program};
pub use testing::test_client::{Form, Mail, Submitted, TestClient, form};

/// Makes calls at the same moment, and waits for all of them.
pub fn at_once<T: Send, const N: usize>(calls: [&(dyn Fn() -> T + Sync); N]) -> [T; N] {
    std::thread::scope(|scope| {
        let threads = calls.map(|call| scope.spawn(call));
        threads.map(|thread| thread.join().expect("a call does not panic"))
    })
}

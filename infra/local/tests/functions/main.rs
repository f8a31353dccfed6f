//! Lambda and API Gateway with a real function process, `examples/test_function.rs`.
#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails with the place and the reason"
)]

mod gateway;
mod lambda;
mod support;

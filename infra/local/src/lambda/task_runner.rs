//! Functions as the tasks of state machines: a failure is named by what the function or Lambda reports.

use serde_json::Value;

use super::Functions;
use crate::states::{Answer, TaskError, TaskRunner};

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

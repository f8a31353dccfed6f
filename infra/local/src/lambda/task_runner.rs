//! Functions as the tasks of state machines: failures get the names that Step Functions gives them.

use serde_json::Value;

use super::{Functions, InvokeError};
use crate::states::{Answer, TaskError, TaskRunner};

impl TaskRunner for Functions {
    fn invoke(&self, function: String, payload: Value) -> Answer {
        let functions = self.clone();
        Box::pin(async move {
            let answer = Functions::invoke(&functions, &function, payload.to_string().into()).await;
            serde_json::from_slice(&answer.map_err(task_error)?).map_err(|error| TaskError {
                error: "Lambda.Unknown".to_owned(),
                cause: format!("The answer of {function} is not JSON: {error}"),
            })
        })
    }
}

fn task_error(error: InvokeError) -> TaskError {
    let (error, cause) = match error {
        InvokeError::Function(error) => (error.error_type.clone(), error.report.to_string()),
        InvokeError::NoSuchFunction(_) => (
            "Lambda.ResourceNotFoundException".to_owned(),
            error.to_string(),
        ),
        InvokeError::Unreachable(_) | InvokeError::Stopping => {
            ("Lambda.SdkClientException".to_owned(), error.to_string())
        }
    };
    TaskError { error, cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::FunctionError;

    #[test]
    fn errors_carry_names_that_a_state_machine_can_match() {
        let failed = FunctionError::new("Stripe.Unavailable", "down");
        let error = task_error(failed.into());
        assert_eq!(error.error, "Stripe.Unavailable");
        let cause: Value = serde_json::from_str(&error.cause).unwrap();
        assert_eq!(cause["errorMessage"], "down");
        let error = task_error(InvokeError::Unreachable("refused".to_owned()));
        assert_eq!(error.error, "Lambda.SdkClientException");
    }
}

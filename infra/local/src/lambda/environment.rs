//! The environment that a function's process gets.

use std::collections::BTreeMap;

use crate::template::{Function, REGION};

/// Where the SDKs of functions find the fakes, and the credentials that these ask for but never check.
pub fn endpoints(base_url: &str) -> BTreeMap<String, String> {
    let address = |service: &str| format!("{base_url}/_local/aws/{service}");
    let endpoints = [
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", address("dynamodb")),
        ("AWS_ENDPOINT_URL_SES", address("ses")),
        ("AWS_ENDPOINT_URL_SFN", address("states")),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
    ];
    endpoints
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// The environment of a function's processes, but for the address that each has of its own.
pub(super) fn of_function(
    function: &Function,
    base_url: &str,
    passed_on: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let memory_mb = function.memory_mb.to_string();
    let own = [
        ("AWS_LAMBDA_FUNCTION_NAME", Some(&*function.id)),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some(&memory_mb)),
        ("AWS_LAMBDA_FUNCTION_VERSION", Some("$LATEST")),
        ("AWS_LAMBDA_LOG_FORMAT", function.log_format.as_deref()),
        ("AWS_LAMBDA_LOG_LEVEL", function.log_level.as_deref()),
        // What it prints goes through the stack's log, which would escape the colours.
        ("NO_COLOR", Some("1")),
        ("TZ", Some(":UTC")),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let mut environment = endpoints(base_url);
    environment.extend(passed_on.clone());
    environment.extend(own);
    environment.extend(function.environment.clone());
    environment
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn function(id: &str, variables: &[(&str, &str)]) -> Function {
        Function {
            id: id.to_owned(),
            binary: id.to_lowercase(),
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            environment: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            log_format: Some("JSON".to_owned()),
            log_level: None,
        }
    }

    #[test]
    fn a_process_gets_its_own_variables_and_what_is_passed_on() {
        let environment = of_function(
            &function("Decide", &[("TABLE_NAME", "t")]),
            "http://127.0.0.1:3000",
            &BTreeMap::from([("PATH".to_owned(), "/bin".to_owned())]),
        );
        assert_eq!(environment["TABLE_NAME"], "t");
        assert_eq!(environment["AWS_LAMBDA_LOG_FORMAT"], "JSON");
        assert!(!environment.contains_key("AWS_LAMBDA_LOG_LEVEL"));
        assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "Decide");
        assert_eq!(
            environment["AWS_ENDPOINT_URL_SFN"],
            "http://127.0.0.1:3000/_local/aws/states"
        );
        assert_eq!(environment["AWS_ACCESS_KEY_ID"], "local");
        assert_eq!(environment["PATH"], "/bin");
    }
}

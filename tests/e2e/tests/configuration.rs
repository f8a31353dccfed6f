//! What a person's environment says wrongly is said before the stack serves, with what to do.

use std::process::Stdio;

use e2e::program;

/// What is said of an environment with which the stack does not start.
#[track_caller]
fn refusal(environment: &[(&str, &str)]) -> String {
    let mut stack = program("refund-desk");
    stack.args(["--port", "0", "--ephemeral"]);
    stack.envs(environment.iter().copied());
    let ended = stack.stdin(Stdio::null()).output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success(), "it served: {environment:?}");
    assert!(ended.stdout.is_empty(), "it is not ready: {environment:?}");
    said
}

#[test]
fn teams_are_checked_before_anything_is_built() {
    for (teams, said) in [
        ("{bad", "TEAMS cannot be used"),
        (
            r#"{"csm-team":["Ann <ann@example.com>"]}"#,
            "no email address",
        ),
        (
            r#"{"csm-team":["ann@example.com"],"csm-manager":["bob@example.com"]}"#,
            "there is no team `finance-team`",
        ),
    ] {
        let refusal = refusal(&[("TEAMS", teams)]);
        assert!(refusal.contains(said), "{refusal}");
    }
}

#[test]
fn a_stripe_of_ones_own_is_checked_before_anything_is_built() {
    let base = ("STRIPE_API_BASE", "https://api.stripe.com");
    let live = refusal(&[base, ("STRIPE_API_KEY", "sk_live_canary")]);
    assert!(
        live.contains("test mode") && !live.contains("canary"),
        "{live}"
    );
}

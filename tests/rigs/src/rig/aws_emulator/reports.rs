//! Reports are for whom IAM knows. The emulator refuses who signs nothing or is unknown, and verifies no signature of who
//! deploys.

use anyhow::ensure;

use crate::{Checks, rig::aws::stack::Stack};

/// Who deploys, as API Gateway is told.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00";

/// Needs a refund that was paid.
pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    for address in [
        "/reports/audit?q=action:refunded&format=csv",
        "/reports/audit?q=outcome:refunded",
    ] {
        let what = format!("{address} is answered to whom IAM knows, and to nobody else");
        checks.attempt(&what, || answers(stack, address));
    }
}

fn answers(stack: &Stack, address: &str) -> anyhow::Result<()> {
    let unsigned = stack.client.call("GET", address, &[], "");
    ensure!(unsigned.status == 403, "unsigned: {unsigned:?}");
    let signed = [("authorization", AUTHORIZATION)];
    for method in ["GET", "HEAD"] {
        let answer = stack.client.call(method, address, &signed, "");
        ensure!(answer.status == 200, "{method}: {answer:?}");
        let is_found = method == "HEAD" || answer.text.contains(&stack.charge);
        ensure!(is_found, "the refund is not in it: {answer:?}");
    }
    Ok(())
}

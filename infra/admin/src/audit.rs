//! Checking audit logs: that of a request by itself, and all that digests name.

use anyhow::{anyhow, bail};
use domain::audit_digest::{Copies, DigestArchive, VerifyError, digest_chains, verify_digests};
use domain::failure::Failure;
use domain::id::RequestId;
use domain::request_store::RequestStore;
use domain::table::Table;
use jiff::Timestamp;

use crate::options::{Digests, Verify};

/// Says that what is asked about is whole. Otherwise it fails, with the first place that is not.
pub(crate) async fn verify(
    store: &RequestStore<impl Table>,
    archive: &impl DigestArchive,
    what: Verify,
    now: Timestamp,
) -> anyhow::Result<String> {
    match what.request {
        Some(request) => verify_request(store, request).await,
        None => verify_offerings(store, archive, what.digests, now).await,
    }
}

async fn verify_request(
    store: &RequestStore<impl Table>,
    request: RequestId,
) -> anyhow::Result<String> {
    let verified = store.verify_audit_log(request).await?;
    match verified.ok_or(Failure::RequestNotFound)? {
        Ok(records) => Ok(format!(
            "The audit log of {request} is whole: {records} records."
        )),
        Err(broken) => bail!("The audit log of {request} is not as it was written: {broken}."),
    }
}

async fn verify_offerings(
    store: &RequestStore<impl Table>,
    archive: &impl DigestArchive,
    what: Digests,
    now: Timestamp,
) -> anyhow::Result<String> {
    let mut chains = digest_chains(store.table()).await?;
    if let Some(offering) = &what.offering {
        chains.retain(|chain| chain.value.offering == *offering);
    }
    if chains.is_empty() {
        bail!("There are no digests.");
    }
    let mut lines = Vec::new();
    for chain in chains {
        let copies = what.bucket.as_deref().map(|bucket| Copies {
            archive,
            bucket,
            now,
        });
        let offering = &chain.value.offering;
        let verified = verify_digests(store, &chain.value, what.from, copies).await;
        let verified = verified.map_err(|error| match error {
            VerifyError::Fault(fault) => {
                anyhow!("{offering} is not as it was written: {fault}.")
            }
            VerifyError::Read(_) | VerifyError::Archive(_) => error.into(),
        })?;
        lines.push(format!(
            "{offering} is whole: the digests from {} to {} name {} records.",
            verified.from, verified.until, verified.heads
        ));
    }
    Ok(lines.join("\n"))
}

//! The offerings, read from the `Start` states of their state machines.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::id::OfferingPath;
use domain::task::Offering;
use domain::workflow::{Workflow, WorkflowError};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// How long an offering is shown before its state machine is looked at again. Until then a customer
/// may see the form as it was before a deployment.
const KEPT: SignedDuration = SignedDuration::from_secs(60);

/// The offerings of this deployment.
#[derive(Debug)]
pub(crate) struct Catalogue {
    machines: BTreeMap<OfferingPath, String>,
    read: Mutex<BTreeMap<OfferingPath, (Timestamp, Offering)>>,
}

impl Catalogue {
    pub(crate) fn new(machines: BTreeMap<OfferingPath, String>) -> Self {
        Self {
            machines,
            read: Mutex::default(),
        }
    }

    /// The state machine of an offering.
    pub(crate) fn machine(&self, path: &OfferingPath) -> Option<&str> {
        self.machines.get(path).map(String::as_str)
    }

    /// The offerings that everybody can use. The others are by invitation, or retired.
    pub(crate) async fn all(
        &self,
        workflow: &impl Workflow,
        now: Timestamp,
    ) -> Result<Vec<Offering>, Failure> {
        let mut offerings = Vec::new();
        for path in self.machines.keys() {
            let offering = self.get(workflow, path, now).await?;
            let open = |offering: &Offering| !offering.by_invitation && !offering.retired;
            offerings.extend(offering.filter(open));
        }
        Ok(offerings)
    }

    /// An offering; `None` if there is none at that path.
    pub(crate) async fn get(
        &self,
        workflow: &impl Workflow,
        path: &OfferingPath,
        now: Timestamp,
    ) -> Result<Option<Offering>, Failure> {
        let Some(machine) = self.machine(path) else {
            return Ok(None);
        };
        let mut read = self.read.lock().await;
        if let Some((at, offering)) = read.get(path)
            && now.duration_since(*at) < KEPT
        {
            return Ok(Some(offering.clone()));
        }
        let definition = workflow.definition(machine).await?;
        let offering = Offering::in_machine(&definition).map_err(|error| malformed(&error))?;
        read.insert(path.clone(), (now, offering.clone()));
        Ok(Some(offering))
    }
}

fn malformed(error: &serde_json::Error) -> Failure {
    let error = WorkflowError::Malformed(error.to_string());
    Failure::PayloadInvalid(format!(
        "{error}; generate it with `cargo run -p statemachines` and deploy it"
    ))
}

/// The catalogue for programs.
pub(crate) fn as_json(offerings: &[Offering]) -> serde_json::Value {
    let entry = |offering: &Offering| {
        serde_json::json!({
            "service": offering.service,
            "offering": offering.offering,
            "form": format!("/services/{}", offering.path),
            "requests": format!("/services/{}/requests", offering.path),
        })
    };
    serde_json::json!({ "offerings": offerings.iter().map(entry).collect::<Vec<_>>() })
}

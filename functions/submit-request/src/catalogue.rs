//! The offerings, read from the `Start` states of the versions that their state machines' aliases lead to.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::failure::Failure;
use domain::id::OfferingPath;
use domain::metrics;
use domain::task::Offering;
use domain::workflow::{RoutedVersion, Workflow, WorkflowError};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// How long it is remembered where an alias leads. Until then a customer may see the form as it was before a deployment.
const KEPT: SignedDuration = SignedDuration::from_secs(60);

/// A version of an offering's state machine.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    /// Its ARN, which a request is started by.
    pub(crate) version: String,
    /// What it offers.
    pub(crate) offering: Arc<Offering>,
}

/// The offerings of this deployment.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// The alias of each offering's state machine.
    aliases: BTreeMap<OfferingPath, String>,
    routes: Mutex<BTreeMap<OfferingPath, (Timestamp, Vec<RoutedVersion>)>>,
    /// By the ARN of their version. None for what cannot be read, which stays so: a version never changes.
    read: Mutex<BTreeMap<String, Option<Arc<Offering>>>>,
}

impl Catalogue {
    pub(crate) fn new(aliases: BTreeMap<OfferingPath, String>) -> Self {
        Self {
            aliases,
            routes: Mutex::default(),
            read: Mutex::default(),
        }
    }

    /// The alias of an offering's state machine.
    pub(crate) fn alias(&self, path: &OfferingPath) -> Option<&str> {
        self.aliases.get(path).map(String::as_str)
    }

    /// The offerings that everybody can use. The others are by invitation, retired, or cannot be read.
    pub(crate) async fn all(
        &self,
        workflow: &impl Workflow,
        now: Timestamp,
    ) -> Result<Vec<Arc<Offering>>, Failure> {
        let mut offerings = Vec::new();
        for path in self.aliases.keys() {
            let published = self.published(workflow, path, now).await?;
            let offering = published.into_iter().next().map(|it| it.offering);
            offerings.extend(offering.filter(|it| !it.by_invitation && !it.retired));
        }
        Ok(offerings)
    }

    /// The versions of an offering that are in use and can be read. The first is the one to show: drawn by its share,
    /// from the milliseconds of the time. None if there is no offering at that path, or none that can be read.
    pub(crate) async fn published(
        &self,
        workflow: &impl Workflow,
        path: &OfferingPath,
        now: Timestamp,
    ) -> Result<Vec<Published>, Failure> {
        let Some(alias) = self.alias(path) else {
            return Ok(Vec::new());
        };
        let routes = self.routes(workflow, path, alias, now).await?;
        let mut published = Vec::new();
        for version in drawn(routes, now) {
            published.extend(self.version(workflow, version.arn).await?);
        }
        Ok(published)
    }

    /// A version of an offering, unless it does not exist or cannot be read.
    pub(crate) async fn version(
        &self,
        workflow: &impl Workflow,
        version: String,
    ) -> Result<Option<Published>, Failure> {
        let mut read = self.read.lock().await;
        if !read.contains_key(&version) {
            let offering = offering(workflow, &version).await?;
            read.insert(version.clone(), offering.map(Arc::new));
        }
        let offering = read.get(&version).cloned().flatten();
        Ok(offering.map(|offering| Published { version, offering }))
    }

    async fn routes(
        &self,
        workflow: &impl Workflow,
        path: &OfferingPath,
        alias: &str,
        now: Timestamp,
    ) -> Result<Vec<RoutedVersion>, Failure> {
        let mut known = self.routes.lock().await;
        if let Some((at, routes)) = known.get(path)
            && now.duration_since(*at) < KEPT
        {
            return Ok(routes.clone());
        }
        let routes = match (workflow.versions(alias).await, known.get(path)) {
            (Ok(routes), _) => routes,
            // Where it led before is better than nowhere.
            (Err(error), Some((_, routes))) => {
                tracing::warn!(%error, "it cannot be said where an alias leads");
                return Ok(routes.clone());
            }
            (Err(error), None) => return Err(error.into()),
        };
        known.insert(path.clone(), (now, routes.clone()));
        drop(known);
        for route in &routes {
            if self.version(workflow, route.arn.clone()).await?.is_none() {
                metrics::report_unreadable_definition();
            }
        }
        Ok(routes)
    }
}

async fn offering(workflow: &impl Workflow, version: &str) -> Result<Option<Offering>, Failure> {
    let read = workflow.definition(version).await.and_then(|definition| {
        let offering = Offering::in_machine(&definition);
        offering.map_err(|error| WorkflowError::Malformed(error.to_string()))
    });
    match read {
        Err(error @ (WorkflowError::Malformed(_) | WorkflowError::VersionGone)) => {
            tracing::error!(version, %error, "not offered; deploy functions that were built with its generator");
            Ok(None)
        }
        read => Ok(Some(read?)),
    }
}

/// The versions in the order in which they are to be tried: the first is drawn, by the shares.
fn drawn(mut routes: Vec<RoutedVersion>, now: Timestamp) -> Vec<RoutedVersion> {
    let draw = now.as_millisecond().rem_euclid(100);
    let mut passed = 0;
    let first = routes.iter().position(|route| {
        passed += i64::from(route.percent);
        draw < passed
    });
    routes.rotate_left(first.unwrap_or_default());
    routes
}

/// The catalogue for programs.
pub(crate) fn as_json(offerings: &[Arc<Offering>]) -> serde_json::Value {
    let entry = |offering: &Arc<Offering>| {
        serde_json::json!({
            "service": offering.service,
            "offering": offering.offering,
            "form": format!("/services/{}", offering.path),
            "requests": format!("/services/{}/requests", offering.path),
        })
    };
    serde_json::json!({ "offerings": offerings.iter().map(entry).collect::<Vec<_>>() })
}

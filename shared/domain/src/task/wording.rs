//! What customers read of a process, in place of the names that the team uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::PhaseName;

/// A definition's words for its customers. A request keeps those of the version that it runs by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wording {
    /// What the offering is called, where that is not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How long a request usually takes, such as `1 to 3 business days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usually_takes: Option<String>,
    /// What happens in each phase that a request can be seen in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub phases: BTreeMap<PhaseName, String>,
}

//! One definition into everything that is generated from it.

use std::collections::BTreeMap;
use std::path::Path;

use domain::id::OfferingPath;
use domain::task::{OFFERING_VARIABLE, Offering, START_STATE};
use serde_json::{Map, json};

use crate::definition::Definition;
use crate::diagnostic::{Diagnostics, Report};
use crate::process::Process;
use crate::process::Usage;
use crate::source::{At, Span};
use crate::{asl, check, mermaid, read, yaml};

/// What is generated from one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Where the offering lives: the definition's folder and file name.
    pub path: OfferingPath,
    /// The state machine, in Amazon States Language.
    pub asl: String,
    /// A digest of the state machine, which it carries itself: another one for every change.
    pub version: String,
    /// The form's JSON Schema.
    pub schema: String,
    /// The diagram, in Mermaid.
    pub diagram: String,
    /// What it offers.
    pub(crate) offering: Offering,
    /// The offerings that its mails invite to. That they exist is checked by [`files`], which knows all
    /// definitions.
    pub(crate) invitations: Vec<At<OfferingPath>>,
    /// The teams that it names. That they are known is checked by [`files`] too.
    pub(crate) teams: Vec<At<String>>,
    /// What each phase uses besides its states, by the name of its state.
    pub(crate) usages: BTreeMap<String, Usage>,
}

/// Checks a definition and generates everything from it.
///
/// Of `path` the last folder and the file name matter: they are the service and the offering. The
/// problems name the path as it is given.
pub fn compile(path: &Path, source: &str) -> Result<Generated, Diagnostics> {
    let mut report = Report::new(source);
    let checked = offering_path(&mut report, path).and_then(|path| {
        let tree = yaml::parse(&mut report)?;
        let (definition, kinds) = read::read(&mut report, path, &tree)?;
        let process = check::check(&mut report, &definition, &kinds)?;
        Some((process, definition))
    });
    match (checked, report.finish(&path.display().to_string())) {
        (Some((process, definition)), None) => Ok(generate(&process, &definition)),
        (_, Some(problems)) => Err(problems),
        (None, None) => unreachable!("without a process there is a problem"),
    }
}

fn generate(process: &Process, definition: &Definition) -> Generated {
    let offering = &process.offering;
    let path = &offering.path;
    let steps = process.steps.iter();
    let machine = asl::state_machine(process);
    let version = domain::approval::digest_of(&machine);
    Generated {
        path: path.clone(),
        asl: pretty(&with_version(machine, &version)),
        version,
        schema: pretty(&offering.json_schema()),
        diagram: mermaid::flowchart(process),
        offering: offering.clone(),
        invitations: definition.invitations(),
        teams: definition.teams(),
        usages: steps
            .map(|step| (step.name.to_string(), step.action.usage.clone()))
            .collect(),
    }
}

/// Puts the definition's version into the state machine, so that a decision can be bound to what was decided under.
fn with_version(mut machine: serde_json::Value, version: &str) -> serde_json::Value {
    machine["States"][START_STATE]["Assign"][OFFERING_VARIABLE]["version"] = json!(version);
    for state in machine["States"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        if let Some(payload) = state.pointer_mut("/Arguments/Payload") {
            payload["version"] = json!(version);
        }
    }
    machine
}

pub(crate) fn pretty(json: &serde_json::Value) -> String {
    format!("{json:#}\n")
}

fn offering_path(report: &mut Report<'_>, path: &Path) -> Option<OfferingPath> {
    let service = path.parent().and_then(Path::file_name);
    let offering = path
        .file_stem()
        .filter(|_| path.extension().is_some_and(|e| e == "yaml"));
    let parsed = service.zip(offering).and_then(|(service, offering)| {
        let path = format!("{}/{}", service.to_str()?, offering.to_str()?);
        path.parse().ok()
    });
    report.expect(
        parsed,
        Span::default(),
        "the file's name cannot be the address of an offering",
        "Call it `<service>/<offering>.yaml`, both in lower-case words joined by hyphens.",
    )
}

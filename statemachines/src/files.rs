//! The files: definitions in, generated out.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::task::Offering;

use crate::compile::{Generated, compile, pretty};
use crate::diagnostic::{Diagnostics, Report};
use crate::invitations;
use crate::known_teams::KnownTeams;
use crate::openapi;
use crate::template::{self, Machine, TemplateError};

/// The OpenAPI document, below the folder of generated files.
const OPENAPI: &str = "openapi.json";

/// The folders of a set of definitions.
#[derive(Debug, Clone)]
pub struct Folders {
    /// Where people write: `<service>/<offering>.yaml`.
    pub definitions: PathBuf,
    /// The names of the teams that definitions may name. Where there is none, they may name any.
    pub teams: PathBuf,
    /// What is generated: `<service>/<offering>.asl.json`, `.schema.json` and `.mmd`, and `openapi.json` of all.
    pub generated: PathBuf,
    /// The SAM template that deploys them, which has generated parts. Where there is none, none is
    /// written.
    pub template: PathBuf,
}

/// Why there is nothing to write.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Definitions with mistakes, by file.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<Diagnostics>),
    /// Definitions that are gone, of offerings that still take requests.
    #[error("{}", .0.iter().map(|it| vanished(it)).collect::<Vec<_>>().join("\n"))]
    Vanished(Vec<PathBuf>),
    /// The template has no place for what is generated.
    #[error("{path}: {problem}")]
    Template {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: TemplateError,
    },
    /// A file or folder that cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Deleting a state machine ends its executions: what waits for a person is never paid or denied.
fn vanished(definition: &Path) -> String {
    format!(
        "{} is gone. Deploying that would end its open requests. Put it back with `retired: true` under its \
         `offering:`, deploy, and remove it once nothing of it is open.",
        definition.display()
    )
}

/// A definition that is right on its own.
pub(crate) struct Compiled {
    /// Its file, as a person in the current folder would write it.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) source: String,
    /// What it says.
    pub(crate) generated: Generated,
}

/// How a generated file differs from what its definition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It says something else.
    Stale,
    /// It is not there.
    Missing,
    /// No definition asks for it.
    Extra,
}

/// A generated file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which, below the folder of generated files; the template by its whole path.
    pub path: PathBuf,
    /// How.
    pub difference: Difference,
    /// What it should say; nothing when it should not be there.
    content: Option<String>,
}

impl Folders {
    /// The folders of this crate's own checkout.
    pub fn of_this_checkout() -> Self {
        Self::below(Path::new(env!("CARGO_MANIFEST_DIR")))
    }

    /// `definitions`, `teams.yaml` and `generated` below a folder, and `infra/template.yaml` beside it.
    pub fn below(root: &Path) -> Self {
        let absolute = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let beside = absolute.parent().unwrap_or(&absolute);
        Self {
            definitions: root.join("definitions"),
            teams: root.join("teams.yaml"),
            generated: root.join("generated"),
            template: beside.join("infra/template.yaml"),
        }
    }

    /// Compiles every definition and compares the result with the generated files. In the order of
    /// their paths; nothing is written.
    pub fn changes(&self) -> Result<Vec<Change>, Error> {
        let mut expected = self.expected()?;
        let (mut changes, mut vanished) = (Vec::new(), Vec::new());
        let mut found = files_below(&self.generated)?;
        found.extend(
            expected
                .contains_key(&self.template)
                .then(|| self.template.clone()),
        );
        for path in found {
            let content = expected.remove(&path);
            let found = read(&self.generated.join(&path))?;
            let difference = match &content {
                None => {
                    vanished.extend(self.not_retired(&path, &found));
                    Difference::Extra
                }
                Some(content) if *content != found => Difference::Stale,
                Some(_) => continue,
            };
            changes.push(Change {
                path,
                difference,
                content,
            });
        }
        if !vanished.is_empty() {
            return Err(Error::Vanished(vanished));
        }
        changes.extend(expected.into_iter().map(|(path, content)| Change {
            path,
            difference: Difference::Missing,
            content: Some(content),
        }));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// The definition that a generated state machine came from, where that still takes requests.
    fn not_retired(&self, generated: &Path, content: &str) -> Option<PathBuf> {
        let path = generated.to_str()?.strip_suffix(".asl.json")?;
        let is_retired = Offering::in_machine(content).is_ok_and(|offering| offering.retired);
        (!is_retired).then(|| shown(&self.definitions.join(format!("{path}.yaml"))))
    }

    /// What is generated from each definition as it is now, by the path of the offering.
    pub fn offerings(&self) -> Result<Vec<Generated>, Error> {
        let compiled = self.compiled()?.into_iter();
        Ok(compiled.map(|compiled| compiled.generated).collect())
    }

    /// The path of a generated file, as a person in the current folder would write it.
    pub fn path_of(&self, change: &Change) -> PathBuf {
        shown(&self.generated.join(&change.path))
    }

    /// Makes the generated files what they should be.
    pub fn apply(&self, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            let path = self.generated.join(&change.path);
            match &change.content {
                Some(content) => {
                    let folder = path.parent().unwrap_or(&path);
                    fs::create_dir_all(folder).map_err(at(folder))?;
                    fs::write(&path, content).map_err(at(&path))?;
                }
                None => fs::remove_file(&path).map_err(at(&path))?,
            }
        }
        Ok(())
    }

    /// Every definition, each right on its own and all of them together.
    fn compiled(&self) -> Result<Vec<Compiled>, Error> {
        let (mut compiled, mut refused) = (Vec::new(), Vec::new());
        for path in files_below(&self.definitions)? {
            let full = self.definitions.join(&path);
            let (path, source) = (shown(&full), read(&full)?);
            match compile(&path, &source) {
                Ok(generated) => compiled.push(Compiled {
                    path,
                    source,
                    generated,
                }),
                Err(problems) => refused.push(problems),
            }
        }
        // Not in the order of the files, where `refund-request.yaml` comes after `refund-request-more.yaml`.
        compiled.sort_by(|a, b| a.generated.path.cmp(&b.generated.path));
        // What a refused definition offers is not known.
        if refused.is_empty() {
            refused = self.check_together(&compiled)?;
        }
        if refused.is_empty() {
            Ok(compiled)
        } else {
            Err(Error::Refused(refused))
        }
    }

    /// What is wrong with definitions that are right on their own: whom they name, and where they lead.
    fn check_together(&self, compiled: &[Compiled]) -> Result<Vec<Diagnostics>, Error> {
        let known = match self.known_teams()? {
            Ok(known) => known,
            Err(problems) => return Ok(vec![problems]),
        };
        let refused = compiled.iter().filter_map(|definition| {
            let mut report = Report::new(&definition.source);
            if let Some(known) = &known {
                known.check(&mut report, &definition.generated.teams);
            }
            invitations::check(&mut report, definition, compiled);
            report.finish(&definition.path.display().to_string())
        });
        Ok(refused.collect())
    }

    fn known_teams(&self) -> Result<Result<Option<KnownTeams>, Diagnostics>, Error> {
        if !self.teams.is_file() {
            return Ok(Ok(None));
        }
        let path = shown(&self.teams);
        Ok(KnownTeams::read(&path, &read(&self.teams)?).map(Some))
    }

    /// What every generated file should say.
    fn expected(&self) -> Result<BTreeMap<PathBuf, String>, Error> {
        let (mut expected, mut machines) = (BTreeMap::new(), Vec::new());
        let compiled = self.compiled()?;
        let offerings = compiled.iter().map(|it| &it.generated.offering);
        let openapi = openapi::document(offerings);
        expected.insert(OPENAPI.into(), pretty(&openapi));
        for Compiled { generated, .. } in compiled {
            machines.push(Machine::new(
                generated.path.clone(),
                &generated.asl,
                &generated.version,
            ));
            expected.extend(files(generated));
        }
        if self.template.is_file() {
            let text = read(&self.template)?;
            let filled = template::fill_in(&text, &machines);
            let filled = filled.map_err(|problem| Error::Template {
                path: shown(&self.template),
                problem,
            })?;
            expected.insert(self.template.clone(), filled);
        }
        Ok(expected)
    }
}

fn files(generated: Generated) -> [(PathBuf, String); 3] {
    let path = &generated.path;
    [
        (format!("{path}.asl.json").into(), generated.asl),
        (format!("{path}.schema.json").into(), generated.schema),
        (format!("{path}.mmd").into(), generated.diagram),
    ]
}

/// The path as a person in the current folder would write it.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// All files below a folder, relative to it and in order. None when there is no such folder.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match fs::read_dir(&next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(at(&next))?,
        };
        for entry in entries {
            let path = entry.map_err(at(&next))?.path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if !name.as_encoded_bytes().starts_with(b".") {
                files.push(path.strip_prefix(folder).unwrap_or(&path).to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(at(path))
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        path: path.clone(),
        source,
    }
}

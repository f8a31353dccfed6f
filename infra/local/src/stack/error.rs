//! Why a stack could not start, in words for the person who started it.

use std::{io, path::PathBuf};

use super::ConfigurationError;
use crate::{
    aws::dynamodb::DynamoDbError, data_dir::DataDirError, events::EventsError,
    lambda::build::BuildError, states::DefinitionError, template::TemplateError,
};

/// Why a stack could not start.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says it in its message")]
pub enum StackError {
    #[error("cannot find infra/template.yaml: run this from inside the project's folder")]
    NoWorkspace,
    #[error(
        "port {0} is taken, maybe by another local stack: stop that one, or choose another port with `--port N` (0 picks a free one)"
    )]
    PortTaken(u16),
    #[error("cannot serve on this machine: {0}")]
    Serve(#[source] io::Error),
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    #[error(transparent)]
    Data(#[from] DataDirError),
    #[error("cannot read what an earlier run kept: {0}")]
    Kept(#[source] io::Error),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("{path} is not a state machine that can run here: {problem}")]
    Definition {
        path: PathBuf,
        problem: DefinitionError,
    },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    #[error(transparent)]
    Events(#[from] EventsError),
}

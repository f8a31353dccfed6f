//! The AWS wire protocols that the functions' SDKs speak.

pub mod dynamodb;
pub mod secretsmanager;
pub mod ses;
pub mod states;

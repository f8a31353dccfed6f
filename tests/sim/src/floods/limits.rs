//! How many requests may be taken, read and counted here a second time, without a look at how the product does it.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::drawn::Post;

/// How many are taken for whoever has something in common, within a window of so many seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) scope: &'static str,
    pub(super) most: usize,
    seconds: i64,
}

/// What is deployed where nobody changes it.
pub(super) fn deployed() -> &'static str {
    static DEFAULT: LazyLock<&str> = LazyLock::new(|| {
        let template = include_str!("../../../../infra/template.yaml");
        let (_, parameter) = template
            .split_once("\n  RequestLimits:\n")
            .expect("it is a parameter");
        let (_, default) = parameter
            .split_once("\n    Default: ")
            .expect("it has a default");
        default.lines().next().unwrap_or_default()
    });
    *DEFAULT
}

/// Reads `caller=4/hour,address=3/day`.
pub(super) fn read(text: &str) -> Vec<Limit> {
    let scopes = ["caller", "address", "charge", "offering"].into_iter();
    let limits = scopes.filter_map(|scope| {
        let (_, rest) = text.split_once(&format!("{scope}="))?;
        let (most, window) = rest.split(',').next()?.split_once('/')?;
        Some(Limit {
            scope,
            most: most.parse().ok()?,
            seconds: if window == "hour" { 3_600 } else { 86_400 },
        })
    });
    limits.collect()
}

impl Limit {
    /// What a form counts for at a time: others that count with it have the same.
    pub(super) fn counts_for(&self, post: &Post, at: Timestamp) -> (String, i64) {
        let whom = match self.scope {
            "caller" => post.caller.clone(),
            "address" => {
                let (name, domain) = post.address.split_once('@').expect("it is an address");
                let name = name.split('+').next().unwrap_or_default();
                format!("{name}@{}", domain.to_lowercase())
            }
            "charge" => post.charge.clone(),
            _ => post.wish.process.machine().offering.path.to_string(),
        };
        (whom, at.as_second() / self.seconds)
    }

    /// When the window ends in which a time is.
    pub(super) fn end(&self, at: Timestamp) -> i64 {
        (at.as_second() / self.seconds + 1) * self.seconds
    }
}

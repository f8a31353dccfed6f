//! YAML into a tree that keeps places, order, tags and doubled keys.
//!
//! The one reader of YAML in this project: for definitions here, and for `infra/template.yaml` in the local
//! stack. The tree is read in a second step (`read`), rather than by derived deserializers, because those
//! stop at the first problem and an editor wants to see all of them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{MessageFormatter, Tagged, UserMessageFormatter};

use crate::diagnostic::Report;
use crate::source::{At, Span};

/// A node of the tree.
///
/// A tag is the only key of a mapping, as `CloudFormation` reads its short forms: `!Ref Table` is `{"!Ref": Table}`.
#[derive(Debug, Clone)]
pub enum Node {
    /// Nothing was written.
    Empty,
    /// `true` or `false`.
    Flag(bool),
    /// A number; its digits stand in the source. No definition needs one: amounts and durations are texts
    /// with a unit.
    Number,
    /// A text in any style.
    Text(String),
    /// A sequence.
    List(Vec<At<Node>>),
    /// A mapping, in the order in which it was written; a key may occur twice.
    Map(Vec<Entry>),
}

/// A key and its value.
pub type Entry = (At<String>, At<Node>);

/// Reads a whole file.
pub fn read(source: &str) -> Result<At<Node>, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        // `No` is an answer that somebody may offer.
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options(source, options)
}

/// Parses a definition. A syntax error is reported, and there is no tree then.
pub(crate) fn parse(report: &mut Report<'_>) -> Option<At<Node>> {
    match read(report.source) {
        Ok(tree) => Some(tree),
        Err(error) => {
            let error = error.without_snippet();
            let at = error.location().map_or(Span::default(), |location| {
                // Not every error knows its byte, but each knows its line and column.
                let start = byte_at(report.source, location.line(), location.column());
                Span {
                    start,
                    end: start + 1,
                }
            });
            if report.source.get(at.start.saturating_sub(1)..=at.start) == Some("{{") {
                report.refuse(
                    at,
                    "a text that begins with {{ needs quotes",
                    "Put them around it: `to: \"{{ customerEmail }}\"`.",
                );
            } else {
                let message = UserMessageFormatter.format_message(error);
                report.refuse(
                    at,
                    format!("this is not valid YAML: {message}"),
                    "Check the indentation, the colons and the quotes on this line and the one before it. \
                     A text that contains `: ` or begins with a special character needs quotes.",
                );
            }
            None
        }
    }
}

fn byte_at(source: &str, line: u64, column: u64) -> usize {
    let index = |number: u64| {
        usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_sub(1)
    };
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines.by_ref().take(index(line)).map(str::len).sum();
    let text = lines.next().unwrap_or_default();
    before
        + text
            .chars()
            .take(index(column))
            .map(char::len_utf8)
            .sum::<usize>()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(content, tag) = Tagged::<At<Untagged>>::deserialize(deserializer)?;
        let At {
            value: Untagged(node),
            span,
        } = content;
        // YAML's own tags (`tag:yaml.org,2002:str`) say nothing that the content does not.
        Ok(match tag.filter(|tag| tag.starts_with('!')) {
            Some(value) => Node::Map(vec![(At { value, span }, At { value: node, span })]),
            None => node,
        })
    }
}

/// A node without its tag.
struct Untagged(Node);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor).map(Untagged)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Empty)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Empty)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
}

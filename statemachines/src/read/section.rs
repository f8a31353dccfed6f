//! Reading a mapping key by key.

use domain::closed_set::{named, names};
use domain::task::Confirm;
use serde::de::DeserializeOwned;

use super::duration::seconds;
use super::reserved_syntax;
use crate::diagnostic::{Report, list, nearest, suggestion};
use crate::source::{At, Span};
use crate::yaml::{Entry, Node};

/// A mapping that is being read.
pub(crate) struct Section<'n> {
    /// How to call it in a message.
    label: String,
    /// Where to show what is missing.
    pub(crate) at: Span,
    /// Its entries in order, each key once.
    pub(crate) entries: Vec<&'n Entry>,
    /// The keys asked for so far.
    known: Vec<&'static str>,
}

impl<'n> Section<'n> {
    /// The entries of a mapping. Anything else, and doubled keys, are reported.
    pub(crate) fn open(
        report: &mut Report<'_>,
        label: &str,
        at: Span,
        node: &'n At<Node>,
    ) -> Option<Self> {
        let Node::Map(map) = &node.value else {
            report.refuse(
                if at == Span::default() { node.span } else { at },
                format!("{label} must consist of lines `name: ...`"),
                "Write each part on a line of its own, indented below this one.",
            );
            return None;
        };
        let mut entries: Vec<&Entry> = Vec::new();
        for entry in map {
            let (key, _) = entry;
            match entries.iter().find(|(first, _)| first.value == key.value) {
                Some((first, _)) => {
                    let line = report.source[..first.span.start].matches('\n').count() + 1;
                    report.refuse(
                        key.span,
                        format!("`{}` is written twice", key.value),
                        format!("The first one is on line {line}. Rename or remove one of them."),
                    );
                }
                None => entries.push(entry),
            }
        }
        Some(Self {
            label: label.to_owned(),
            at,
            entries,
            known: Vec::new(),
        })
    }

    /// The place and value of a key that may be absent.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.known.push(key);
        self.entries
            .iter()
            .copied()
            .find(|(known, _)| known.value == key)
    }

    /// The place and value of a key that must be there.
    pub(crate) fn required(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
    ) -> Option<&'n Entry> {
        let entry = self.optional(key);
        let problem = format!("{} has no `{key}`", self.label);
        report.expect(entry, self.at, problem, format!("Add a line `{key}: ...`."))
    }

    /// What is read at a key that may be absent; `None` when it is there and could not be read.
    #[expect(
        clippy::option_option,
        reason = "the inner says whether it was written"
    )]
    pub(crate) fn given<T>(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        read: impl FnOnce(&mut Report<'_>, &Entry) -> Option<T>,
    ) -> Option<Option<T>> {
        given(self.optional(key).map(|entry| read(report, entry)))
    }

    /// The length of time at a key: see [`seconds`].
    pub(crate) fn seconds(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
        word: &str,
        example: &str,
    ) -> Option<At<u32>> {
        let text = self.text(report, key)?;
        seconds(report, &text, word, example)
    }

    /// The mapping at a key.
    pub(crate) fn section(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
    ) -> Option<Section<'n>> {
        let (at, node) = self.required(report, key)?;
        Section::open(report, &format!("`{key}`"), at.span, node)
    }

    /// The text at a key.
    pub(crate) fn text(
        &mut self,
        report: &mut Report<'_>,
        key: &'static str,
    ) -> Option<At<String>> {
        let (_, node) = self.required(report, key)?;
        text_of(report, key, node)
    }

    /// A text that is shown as it is, without names to fill in.
    pub(crate) fn plain(&mut self, report: &mut Report<'_>, key: &'static str) -> Option<String> {
        let text = self.text(report, key)?;
        reserved_syntax::check_plain(report, key, &text);
        Some(text.value.trim().to_owned())
    }

    /// Reports every key that was not asked for.
    pub(crate) fn close(self, report: &mut Report<'_>) {
        for (key, _) in self.entries {
            if !self.known.contains(&key.value.as_str()) {
                let help = match nearest(&key.value, self.known.iter().copied()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("It may have: {}.", list(self.known.iter().copied())),
                };
                report.refuse(
                    key.span,
                    format!("{} has no such thing as `{}`", self.label, key.value),
                    help,
                );
            }
        }
    }
}

/// The text of a node, which must not be empty.
pub(crate) fn text_of(report: &mut Report<'_>, label: &str, node: &At<Node>) -> Option<At<String>> {
    let help = match &node.value {
        Node::Text(text) if !text.trim().is_empty() => {
            reserved_syntax::check(report, text, node.span);
            return Some(At {
                value: text.clone(),
                span: node.span,
            });
        }
        Node::Text(_) | Node::Empty => "Write the text after the colon.",
        Node::Flag(_) | Node::Number => "Put it in quotes to make it a text.",
        Node::List(_) | Node::Map(_) => "Write one text after the colon.",
    };
    report.refuse(node.span, format!("`{label}` must be a text"), help);
    None
}

/// The value that the word of a node stands for, by its name in the state machine. `what` is how to call such words.
pub(crate) fn word_of<T: DeserializeOwned>(
    report: &mut Report<'_>,
    (key, node): &Entry,
    what: &str,
) -> Option<T> {
    let text = text_of(report, &key.value, node)?;
    known(report, &text, what, names::<T>(), |name| named(name))
}

/// What a word stands for that must be one of these names. `what` is how to call them.
pub(crate) fn known<T>(
    report: &mut Report<'_>,
    text: &At<String>,
    what: &str,
    names: &[&str],
    find: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let name = text.value.as_str();
    let help = suggestion(name, names.iter().copied());
    report.expect(
        find(name),
        text.span,
        format!("there is no {what} `{name}`"),
        help,
    )
}

/// What was written, or nothing where nothing was; `None` where what was written could not be read.
#[expect(
    clippy::option_option,
    reason = "the outer says whether it was written"
)]
pub(crate) fn given<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    written.map_or(Some(None), |read| read.map(Some))
}

/// A yes or no.
pub(crate) fn flag(report: &mut Report<'_>, (key, node): &Entry) -> Option<bool> {
    if let Node::Flag(flag) = node.value {
        return Some(flag);
    }
    report.refuse(
        node.span,
        format!("`{}` must be true or false", key.value),
        "Write `true` or `false` without quotes.",
    );
    None
}

/// What a decision needs besides its link: the value of `confirm:`, which may be absent.
pub(crate) fn confirm(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Confirm> {
    let confirm = section.given(report, "confirm", |report, entry| {
        word_of(report, entry, "way to confirm called")
    });
    Some(confirm?.unwrap_or_default())
}

//! YAML as a tree that keeps `CloudFormation`'s short-form tags and where each node stands.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Spanned, Tagged};

use super::TemplateError;

/// Where a node stands in the file, for messages to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    line: u64,
    column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One node of the file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    /// A short form such as `!Ref`, without the exclamation mark.
    pub(crate) tag: Option<String>,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    /// Numbers keep their digits: nothing here calculates with them.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In the file's order.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a whole file.
    pub(crate) fn parse(text: &str) -> Result<Node, TemplateError> {
        serde_saphyr::from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))
    }

    /// An error about this node.
    pub(crate) fn problem(&self, problem: impl Into<String>) -> TemplateError {
        TemplateError::Unsupported {
            place: self.place,
            problem: problem.into(),
        }
    }

    /// The entries of a map.
    pub(crate) fn entries(&self) -> Result<&[(String, Node)], TemplateError> {
        match &self.content {
            Content::Map(entries) if self.tag.is_none() => Ok(entries),
            Content::Null => Ok(&[]),
            Content::Bool(_)
            | Content::Number(_)
            | Content::Text(_)
            | Content::List(_)
            | Content::Map(_) => Err(self.problem("expected a map here")),
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Result<&[Node], TemplateError> {
        if let Content::List(items) = &self.content
            && self.tag.is_none()
        {
            return Ok(items);
        }
        Err(self.problem("expected a list here"))
    }

    /// The value of a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let Content::Map(entries) = &self.content else {
            return None;
        };
        entries
            .iter()
            .find_map(|(name, node)| (name == key).then_some(node))
    }

    /// The value of a key that has to be there.
    pub(crate) fn require(&self, key: &str) -> Result<&Node, TemplateError> {
        self.get(key)
            .ok_or_else(|| self.problem(format!("`{key}` is missing here")))
    }

    /// The node at the end of a path of keys, if every step is there.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Refuses keys that nothing here implements, so that a template never means less on this machine
    /// than on AWS without anybody noticing.
    pub(crate) fn only(&self, what: &str, known: &[&str]) -> Result<(), TemplateError> {
        match self
            .entries()?
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            Some((name, node)) => Err(node.problem(format!(
                "`{name}` of {what} is not implemented by the local stack"
            ))),
            None => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let Spanned {
            value: Tagged(content, tag),
            referenced,
            ..
        } = Spanned::<Tagged<Content>>::deserialize(deserializer)?;
        Ok(Node {
            place: Place {
                line: referenced.line(),
                column: referenced.column(),
            },
            // YAML's own tags (`tag:yaml.org,2002:str`) say nothing that the content does not.
            tag: tag.and_then(|tag| tag.strip_prefix('!').map(str::to_owned)),
            content,
        })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        while let Some((key, node)) = access.next_entry::<String, Node>()? {
            if entries.iter().any(|(name, _)| *name == key) {
                return Err(A::Error::custom(format!("`{key}` is there twice")));
            }
            entries.push((key, node));
        }
        Ok(Content::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_places_are_kept() {
        let node =
            Node::parse("a:\n  - !Ref Table\n  - !Sub '${X}'\nb: { c: 12, d: 'no' }\n").unwrap();
        let items = node.get("a").unwrap().items().unwrap();
        assert_eq!(items[0].tag.as_deref(), Some("Ref"));
        assert!(matches!(&items[0].content, Content::Text(text) if text == "Table"));
        assert_eq!(items[1].place.to_string(), "3:10");
        let b = node.get("b").unwrap();
        assert!(matches!(&b.get("c").unwrap().content, Content::Number(n) if n == "12"));
        assert!(matches!(&b.get("d").unwrap().content, Content::Text(t) if t == "no"));
        assert!(b.tag.is_none());
    }

    #[test]
    fn broken_yaml_is_shown_with_its_line() {
        let error = Node::parse("a: 1\nb: [1, 2\nc: 3\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 3") || error.contains("3:"), "{error}");
    }
}

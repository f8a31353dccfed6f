//! The nodes of the template: the generator's YAML tree, with problems shown by line and column.

use statemachines::{At, yaml};

use super::Problem;

/// One node of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t> {
    /// The whole file.
    source: &'t str,
    at: &'t At<yaml::Node>,
}

impl<'t> Node<'t> {
    /// The root of a file.
    pub(crate) fn new(source: &'t str, at: &'t At<yaml::Node>) -> Self {
        Self { source, at }
    }

    /// A problem with this node.
    pub(crate) fn problem(self, text: impl std::fmt::Display) -> Problem {
        let before = &self.source[..self.at.span.start];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Problem(format!("{line}:{column}: {text}"))
    }

    /// The entries of a map; a tag is the only key of one.
    pub(crate) fn entries(self) -> Result<Vec<(&'t str, Node<'t>)>, Problem> {
        if matches!(self.at.value, yaml::Node::Empty) {
            return Ok(Vec::new());
        }
        let yaml::Node::Map(entries) = &self.at.value else {
            return Err(self.problem("expected a map here"));
        };
        let own = |(key, at): &'t yaml::Entry| (key.value.as_str(), Node { at, ..self });
        Ok(entries.iter().map(own).collect())
    }

    /// The entries of the map at the end of a path of keys; none where it is not there.
    pub(crate) fn entries_at(self, path: &[&str]) -> Result<Vec<(&'t str, Node<'t>)>, Problem> {
        self.at(path).map_or(Ok(Vec::new()), Node::entries)
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(self) -> impl Iterator<Item = Node<'t>> {
        let list = if let yaml::Node::List(items) = &self.at.value {
            items.as_slice()
        } else {
            &[]
        };
        list.iter().map(move |at| Node { at, ..self })
    }

    /// The value at the end of a path of keys, if every step is there.
    pub(crate) fn at(self, path: &[&str]) -> Option<Node<'t>> {
        path.iter().try_fold(self, |node, key| {
            let mut entries = node.entries().ok()?.into_iter();
            Some(entries.find(|(name, _)| name == key)?.1)
        })
    }

    /// The value at the end of a path of keys with dots between, each of which has to be there.
    pub(crate) fn require(self, path: &str) -> Result<Node<'t>, Problem> {
        path.split('.').try_fold(self, |node, key| {
            let missing = || node.problem(format!("`{key}` is missing here"));
            node.at(&[key]).ok_or_else(missing)
        })
    }

    /// Refuses keys that nothing here implements, so that a template never means less on this machine
    /// than on AWS without anybody noticing. `known` are names with spaces between them.
    pub(crate) fn only(self, what: &str, known: &str) -> Result<(), Problem> {
        let entries = self.entries()?.into_iter();
        let mut unknown = entries.filter(|(name, _)| !known.split(' ').any(|it| it == *name));
        unknown.next().map_or(Ok(()), |(name, node)| {
            Err(node.problem(format!(
                "`{name}` of {what} is not implemented by the local stack"
            )))
        })
    }

    /// The text of a scalar as it is written. Numbers keep their digits: nothing here calculates with them.
    pub(crate) fn literal(self) -> Result<&'t str, Problem> {
        match &self.at.value {
            yaml::Node::Text(text) => Ok(text),
            yaml::Node::Flag(_) | yaml::Node::Number => {
                Ok(self.source[self.at.span.start..self.at.span.end].trim())
            }
            yaml::Node::Empty | yaml::Node::List(_) | yaml::Node::Map(_) => {
                Err(self.problem("expected a text here"))
            }
        }
    }

    /// The intrinsic function that this is, in its short or its long form, and its argument.
    pub(crate) fn intrinsic(self) -> Option<(&'t str, Node<'t>)> {
        let entries = self.entries().ok()?;
        let &[(name, argument)] = entries.as_slice() else {
            return None;
        };
        let function = name.strip_prefix('!').or(name.strip_prefix("Fn::"));
        Some((function.or((name == "Ref").then_some(name))?, argument))
    }

    /// The name that this refers to with `!Ref`.
    pub(crate) fn reference(self) -> Option<&'t str> {
        let (function, argument) = self.intrinsic()?;
        (function == "Ref").then(|| argument.literal().ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_places_are_kept() {
        let source = "a:\n  - !Ref Table\n  - !Sub '${X}'\nb: { c: 12, d: 'no', e: true }\n";
        let tree = yaml::read(source).unwrap();
        let node = Node::new(source, &tree);
        let items: Vec<_> = node.at(&["a"]).unwrap().items().collect();
        let (function, argument) = items[0].intrinsic().unwrap();
        assert_eq!((function, argument.literal().unwrap()), ("Ref", "Table"));
        assert_eq!(items[1].problem("x").to_string(), "3:10: x");
        let b = |key: &str| node.at(&["b", key]).unwrap().literal().unwrap();
        assert_eq!([b("c"), b("d"), b("e")], ["12", "no", "true"]);
        assert!(node.at(&["b"]).unwrap().intrinsic().is_none());
    }
}

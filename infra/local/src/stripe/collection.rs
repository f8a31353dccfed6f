//! Objects of one kind in order of creation, found by id and by what they belong to, and listed in pages.

use std::collections::HashMap;

use serde::Deserialize;

use super::error::StripeError;
use super::params::Page;

/// Something that Stripe lists.
pub(crate) trait Object {
    /// Stripe's word for it, as in `No such charge: 'ch_x'`.
    const NOUN: &str;

    fn id(&self) -> &str;

    /// What lists of it are filtered by.
    fn group(&self) -> &str;
}

/// Objects of one kind. None is ever removed or changed.
#[derive(Debug, Deserialize)]
#[serde(from = "Vec<T>", bound(deserialize = "T: Object + Deserialize<'de>"))]
pub(crate) struct Collection<T> {
    all: Vec<T>,
    by_id: HashMap<String, usize>,
    /// Positions in order of creation; under None those of all.
    by_group: HashMap<Option<String>, Vec<usize>>,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            by_id: HashMap::new(),
            by_group: HashMap::new(),
        }
    }
}

impl<T: Object> From<Vec<T>> for Collection<T> {
    fn from(objects: Vec<T>) -> Self {
        let mut collection = Self::default();
        for object in objects {
            collection.insert(object);
        }
        collection
    }
}

impl<T: Object> Collection<T> {
    pub(crate) fn insert(&mut self, object: T) {
        let position = self.all.len();
        self.by_id.insert(object.id().to_owned(), position);
        for group in [None, Some(object.group().to_owned())] {
            self.by_group.entry(group).or_default().push(position);
        }
        self.all.push(object);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.by_id.get(id).map(|position| &self.all[*position])
    }

    /// An object that a request names in `param`.
    pub(crate) fn find(&self, id: &str, param: &str) -> Result<&T, StripeError> {
        self.get(id)
            .ok_or_else(|| StripeError::missing(T::NOUN, id, param))
    }

    /// The objects of a group or all, oldest first.
    pub(crate) fn of(
        &self,
        group: Option<&str>,
    ) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        let positions = self.positions(group).iter();
        positions.map(|position| &self.all[*position])
    }

    /// A page of those of a group or of all that are wanted, newest first, and whether more follow.
    pub(crate) fn page(
        &self,
        group: Option<&str>,
        page: &Page,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Result<(Vec<&T>, bool), StripeError> {
        let mut positions = self.positions(group);
        if let Some(id) = &page.starting_after {
            self.find(id, "starting_after")?;
            let end = self.by_id[id];
            positions = &positions[..positions.partition_point(|position| *position < end)];
        }
        let newest_first = positions.iter().rev().map(|position| &self.all[*position]);
        let wanted = newest_first.filter(|it| is_wanted(it));
        let mut objects: Vec<&T> = wanted.take(page.limit() + 1).collect();
        let has_more = objects.len() > page.limit();
        objects.truncate(page.limit());
        Ok((objects, has_more))
    }

    fn positions(&self, group: Option<&str>) -> &[usize] {
        let positions = self.by_group.get(&group.map(ToOwned::to_owned));
        positions.map_or(&[], Vec::as_slice)
    }
}

//! The names that serde knows an enum's values by, so that no list of them has to be kept twice. For enums whose values hold
//! nothing.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserializer, Serialize, forward_to_deserialize_any};

/// The names of an enum's values, as they are stored.
pub fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut known: &[&str] = &[];
    // It always fails: what is wanted is what serde asks for.
    let _ = T::deserialize(Names(&mut known));
    known
}

/// The name of a value.
pub fn name_of<T: Serialize + DeserializeOwned>(value: &T) -> &'static str {
    let stored = serde_json::to_value(value).unwrap_or_default();
    let mut names = names::<T>().iter();
    names
        .find(|name| stored == **name)
        .copied()
        .unwrap_or_default()
}

/// The value of that name.
pub fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Error>::new(name)).ok()
}

/// Notes the names of the enum that is asked of it.
struct Names<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("not an enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = variants;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Fruit {
        #[serde(alias = "malus")]
        AnApple,
        Pear,
    }

    #[test]
    fn a_value_has_the_name_that_it_is_stored_by() {
        for (fruit, stored) in [(Fruit::AnApple, "an_apple"), (Fruit::Pear, "pear")] {
            assert_eq!(name_of(&fruit), stored);
            assert_eq!(named(stored), Some(fruit));
        }
        assert_eq!(named("malus"), Some(Fruit::AnApple));
        assert_eq!(named::<Fruit>("Pear"), None);
    }
}

//! Counts the entries of one list of a JSON object. The whole text is parsed, so what is no JSON fails, but nothing of it is
//! kept: a client that spends its time on allocating is no light client.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Entries of the list `name`, or why there is no such list.
pub fn entries(json: &[u8], name: &str) -> Result<usize, String> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let found = List(name).deserialize(&mut reader).map_err(|fault| fault.to_string())?;
    reader.end().map_err(|fault| fault.to_string())?;
    found.ok_or_else(|| format!("there is no list {name:?}"))
}

struct List<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Option<usize>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "an object with a list {:?}", self.0)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            match key == self.0 {
                true if found.is_some() => return Err(M::Error::custom("the list is there twice")),
                true => found = Some(map.next_value_seed(Length)?),
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

struct Length;

impl<'de> DeserializeSeed<'de> for Length {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Length {
    type Value = usize;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<usize, S::Error> {
        let mut length = 0;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(length)
    }
}

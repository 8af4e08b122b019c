//! What narrows a range of the clustered key to some layers and to some sources.

use crate::model::time::Layer;

/// All of what there is where there is `None`.
#[derive(Debug, Clone, Default)]
pub struct Narrowing {
    layers: Option<Vec<Layer>>,
    sources: Option<Vec<i64>>,
}

impl Narrowing {
    pub fn new(layers: Option<&[Layer]>, sources: Option<&[i64]>) -> Narrowing {
        Narrowing { layers: layers.map(<[Layer]>::to_vec), sources: sources.map(<[i64]>::to_vec) }
    }

    /// Whether it lets a row pass, by the id of its layer and its source.
    #[inline]
    pub fn lets_pass(&self, layer: impl FnOnce() -> i64, source: impl FnOnce() -> i64) -> bool {
        let is_listed = |layers: &Vec<Layer>| {
            let layer = layer();
            layers.iter().any(|listed| listed.id() == layer)
        };
        self.layers.as_ref().is_none_or(is_listed)
            && self.sources.as_ref().is_none_or(|sources| sources.contains(&source()))
    }

    /// What follows the range in a condition.
    pub fn sql(&self) -> String {
        narrowed(self.layers.as_deref(), self.sources.as_deref())
    }
}

/// The same, of what is only asked for by statements. The plus keeps SQLite from taking the layer out of the order, for then it sees
/// no more that the key has that order, and sorts.
pub fn narrowed(layers: Option<&[Layer]>, sources: Option<&[i64]>) -> String {
    let listed = |ids: Vec<i64>| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let layers = layers.map(|layers| layers.iter().map(|layer| layer.id()).collect());
    let layers = layers.map(|ids| format!(" AND +layer IN ({})", listed(ids)));
    let sources = sources.map(|ids| format!(" AND source IN ({})", listed(ids.to_vec())));
    layers.into_iter().chain(sources).collect()
}

//! All series as they lie in a checkpoint: each metric with what makes its sums what they are.

use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::labels::LabelColumn;
use super::values::Values;
use crate::metric::{Metric, MetricKind};

/// All series, without the rules that they came from. It shares its labels with the [`Store`](super::Store).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// The number of the snapshot.
    pub(crate) number: u64,
    pub(crate) families: Vec<SavedFamily>,
}

/// One metric and its series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedFamily {
    #[serde(with = "shared")]
    pub(crate) shape: Arc<Shape>,
    /// Whose days its counter keeps, by the name of the zone; empty where it keeps none.
    pub(crate) zone: String,
    #[serde(with = "label_column")]
    pub(crate) labels: LabelColumn,
    pub(crate) values: Values,
}

/// What a metric's sums depend on. Where it changes, they begin anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) name: String,
    labels: Vec<String>,
    scale: f64,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Counter,
    Gauge,
    Histogram(Vec<f64>),
    Day,
}

impl Saved {
    /// How many series there are.
    #[must_use]
    pub fn series(&self) -> usize {
        self.families.iter().map(|family| family.labels.len()).sum()
    }
}

impl Shape {
    pub(crate) fn of(metric: &Metric) -> Self {
        let kind = match &metric.kind {
            MetricKind::Counter => Kind::Counter,
            MetricKind::Gauge => Kind::Gauge,
            MetricKind::Histogram { bounds } => Kind::Histogram(bounds.clone()),
            MetricKind::Day { .. } => Kind::Day,
        };
        Self { name: metric.name.clone(), labels: metric.labels.clone(), scale: metric.scale, kind }
    }
}

/// What several hold is written as if one held it.
mod shared {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        shared: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        shared.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Arc<T>, D::Error>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        T::deserialize(deserializer).map(Arc::new)
    }
}

/// Values of labels are bytes, which serde would otherwise take for a list of numbers, one by one.
mod label_column {
    use super::{Arc, Deserializer, LabelColumn, LabelValues, Serializer};

    pub(super) fn serialize<S: Serializer>(column: &LabelColumn, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(column.iter().map(|values| LabelValues(Arc::clone(values))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LabelColumn, D::Error> {
        deserializer.deserialize_seq(super::ColumnVisitor)
    }
}

/// The values of the labels of one series.
struct LabelValues(Arc<[u8]>);

impl Serialize for LabelValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for LabelValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(ValuesVisitor)
    }
}

struct ColumnVisitor;

impl<'de> Visitor<'de> for ColumnVisitor {
    type Value = LabelColumn;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LabelColumn, A::Error> {
        let mut column = Vec::new();
        while let Some(LabelValues(values)) = list.next_element()? {
            column.push(values);
        }
        Ok(Arc::new(column))
    }
}

struct ValuesVisitor;

impl Visitor<'_> for ValuesVisitor {
    type Value = LabelValues;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LabelValues, E> {
        Ok(LabelValues(Arc::from(bytes)))
    }
}

//! What a review asks, read from its bytes in one go: with a bound on what the objects in it may take of memory, and
//! without those that nobody asks for.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::object::Budget;
use super::{MAX_REVIEW_SIZE, ReviewError};

/// Longest kind or version that an error quotes, in characters.
const MAX_NAME_LENGTH: usize = 64;

/// Versions of AdmissionReview that the API server speaks.
pub(super) const VERSIONS: [&str; 2] = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];

/// A review that was read, to be answered.
#[derive(Debug)]
pub(crate) struct AdmissionReview {
    /// Its version, which the answer has too.
    pub(super) api_version: &'static str,
    /// What is asked.
    pub(crate) request: AdmissionRequest,
}

/// What a review asks.
#[derive(Default, Debug)]
pub(crate) struct AdmissionRequest {
    pub(super) uid: String,
    pub(crate) kind: GroupKind,
    pub(crate) sub_resource: Option<String>,
    pub(crate) operation: String,
    pub(super) namespace: Option<String>,
    pub(super) user_info: Value,
    pub(crate) object: Value,
    /// The object before an update, where it was to be read.
    pub(crate) old_object: Value,
    pub(super) dry_run: Option<bool>,
}

/// Which kind an object is of.
#[derive(Deserialize, Default, Debug)]
#[serde(default)]
pub(crate) struct GroupKind {
    pub(crate) group: String,
    pub(crate) kind: String,
}

/// What is to be read of a review.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Most values of all its objects together.
    pub(crate) values: usize,
    /// Whether the object before an update is asked for.
    pub(crate) old_object: bool,
}

impl AdmissionReview {
    /// Reads a review.
    ///
    /// # Errors
    /// The bytes are not an AdmissionReview with a uid, or there are more of them or of values than are to be read.
    pub(crate) fn read(review: &[u8], reading: &Reading) -> Result<Self, ReviewError> {
        if review.len() > MAX_REVIEW_SIZE {
            return Err(ReviewError::TooLarge { size: review.len() });
        }
        let Envelope { api_version, kind, request } = Envelope::read(review, reading)?;
        let version = VERSIONS.into_iter().find(|version| *version == api_version);
        let Some(api_version) = version.filter(|_| kind == "AdmissionReview") else {
            let start = |text: String| text.chars().take(MAX_NAME_LENGTH).collect();
            return Err(ReviewError::Version { api_version: start(api_version), kind: start(kind) });
        };
        let request = request.filter(|request| !request.uid.is_empty()).ok_or(ReviewError::NoRequest)?;
        Ok(Self { api_version, request })
    }
}

#[derive(Default)]
struct Envelope {
    api_version: String,
    kind: String,
    request: Option<AdmissionRequest>,
}

impl Envelope {
    fn read(review: &[u8], reading: &Reading) -> Result<Self, ReviewError> {
        let budget = Budget::of(reading.values);
        let seed = EnvelopeSeed(RequestSeed { budget: &budget, old_object: reading.old_object });
        // One look at all bytes costs less than one at each text; from_slice has the words where they are not UTF-8.
        let read = match std::str::from_utf8(review) {
            Ok(text) => read_whole(&mut serde_json::Deserializer::from_str(text), seed),
            Err(_) => read_whole(&mut serde_json::Deserializer::from_slice(review), seed),
        };
        read.map_err(|source| match budget.is_exceeded() {
            true => ReviewError::TooManyValues { values: reading.values },
            false => ReviewError::Decode { source },
        })
    }
}

/// Reads what there is, and nothing may follow it.
fn read_whole<'de, R: serde_json::de::Read<'de>>(
    deserializer: &mut serde_json::Deserializer<R>,
    seed: EnvelopeSeed<'_>,
) -> serde_json::Result<Envelope> {
    let envelope = deserializer.deserialize_map(seed)?;
    deserializer.end().map(|()| envelope)
}

/// Reads the envelope.
struct EnvelopeSeed<'b>(RequestSeed<'b>);

impl<'de> Visitor<'de> for EnvelopeSeed<'_> {
    type Value = Envelope;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an AdmissionReview")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(key) = map.next_key::<Field>()? {
            match key {
                Field::ApiVersion => envelope.api_version = map.next_value()?,
                Field::Kind => envelope.kind = map.next_value()?,
                Field::Request => envelope.request = map.next_value_seed(self.0)?,
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(envelope)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    ApiVersion,
    Kind,
    Request,
    #[serde(other)]
    Other,
}

/// Reads a request, or null.
#[derive(Clone, Copy)]
struct RequestSeed<'b> {
    budget: &'b Budget,
    old_object: bool,
}

impl<'de> DeserializeSeed<'de> for RequestSeed<'_> {
    type Value = Option<AdmissionRequest>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for RequestSeed<'_> {
    type Value = Option<AdmissionRequest>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an AdmissionRequest")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut request = AdmissionRequest::default();
        while let Some(field) = map.next_key::<RequestField>()? {
            self.read_field(&mut request, field, &mut map)?;
        }
        Ok(Some(request))
    }
}

impl RequestSeed<'_> {
    fn read_field<'de, A: MapAccess<'de>>(
        self,
        request: &mut AdmissionRequest,
        field: RequestField,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match field {
            RequestField::Uid => request.uid = map.next_value()?,
            RequestField::Kind => request.kind = map.next_value()?,
            RequestField::SubResource => request.sub_resource = map.next_value()?,
            RequestField::Operation => request.operation = map.next_value()?,
            RequestField::Namespace => request.namespace = map.next_value()?,
            RequestField::DryRun => request.dry_run = map.next_value()?,
            RequestField::UserInfo => request.user_info = map.next_value_seed(self.budget.value())?,
            RequestField::Object => request.object = map.next_value_seed(self.budget.object())?,
            RequestField::OldObject if self.old_object => {
                request.old_object = map.next_value_seed(self.budget.object())?;
            }
            RequestField::OldObject | RequestField::Other => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum RequestField {
    Uid,
    Kind,
    SubResource,
    Operation,
    Namespace,
    DryRun,
    UserInfo,
    Object,
    OldObject,
    #[serde(other)]
    Other,
}

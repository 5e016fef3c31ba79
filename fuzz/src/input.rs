//! Two values out of a fuzzer's bytes: the first byte says what they are, the rest is read from both ends.

use chandler_pod_patch::{Conflicts, schema};
use serde_json::Value;

use crate::any;
use crate::bytes::Bytes;
use crate::guided::Guide;

/// What the two values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Any JSON.
    Any,
    /// Pods, or nearly.
    Pod,
    /// Containers, or nearly.
    Container,
}

const SUBJECTS: [Subject; 4] = [Subject::Any, Subject::Pod, Subject::Pod, Subject::Container];
const POLICIES: [Conflicts; 4] = [Conflicts::Override, Conflicts::Override, Conflicts::Keep, Conflicts::Fail];

/// Two values and how they meet.
#[derive(Debug)]
pub struct Input {
    /// What the values are.
    pub subject: Subject,
    /// What a conflict means.
    pub conflicts: Conflicts,
    /// The object.
    pub first: Value,
    /// The patch, or the object afterwards.
    pub second: Value,
}

impl Input {
    /// Reads an object and a patch of it.
    pub fn with_patch(input: &[u8]) -> Self {
        Self::read(input, true)
    }

    /// Reads two objects.
    pub fn of_objects(input: &[u8]) -> Self {
        Self::read(input, false)
    }

    fn read(input: &[u8], has_patch: bool) -> Self {
        let (mode, rest) = input.split_first().unwrap_or((&0, &[]));
        let subject = SUBJECTS.get(usize::from(mode & 3)).copied().unwrap_or(Subject::Any);
        let conflicts = POLICIES.get(usize::from(mode >> 2 & 3)).copied().unwrap_or_default();
        let (mut front, mut back) = (Bytes::front(rest), Bytes::back(rest));
        let shape = match subject {
            Subject::Any => {
                return Self {
                    subject,
                    conflicts,
                    first: any::read(&mut front),
                    second: any::read(&mut back),
                };
            }
            Subject::Pod => schema::pod(),
            Subject::Container => schema::container(),
        };
        let first = Guide::object(&mut front).read(shape);
        let second = if has_patch { Guide::patch(&mut back) } else { Guide::object(&mut back) }.read(shape);
        Self { subject, conflicts, first, second }
    }

    /// The bytes from which two values are read as they are.
    pub fn seed(first: &Value, second: &Value) -> Vec<u8> {
        let (mut seed, mut back) = (vec![0], Vec::new());
        any::write(first, &mut seed);
        any::write(second, &mut back);
        seed.extend(back.iter().rev());
        seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_seed_reads_as_the_values_that_it_was_made_of() {
        let (first, second) =
            (json!({"spec": {"hostname": "x"}}), json!([1, "spec", {"long": "y".repeat(300)}]));
        let input = Input::with_patch(&Input::seed(&first, &second));
        assert_eq!((input.subject, input.first, input.second), (Subject::Any, first, second));
    }

    #[test]
    fn every_input_reads_to_its_end() {
        for mode in 0..16_u8 {
            for byte in 0..=255_u8 {
                let mut bytes = vec![byte; 4096];
                bytes.insert(0, mode);
                Input::with_patch(&bytes);
                Input::of_objects(&bytes);
            }
        }
    }
}

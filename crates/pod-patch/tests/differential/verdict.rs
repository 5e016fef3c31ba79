//! Decides for one pair whether both merges agree, and which differences explain it where they do not.

use chandler_pod_patch::strategic_merge;

use crate::adjustments::{ADJUSTMENTS, adjusted};
use crate::comparison::canonical;
use crate::oracle::{Answer, Pair};
use crate::schema::Schema;

/// How our merge of a pair compares with Go's.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The same result, or an error on both sides; `reordered` where only the order differs.
    Same { reordered: bool },
    /// Exactly what the named differences predict.
    Explained,
    /// Neither: a defect of one of the two.
    Wrong,
}

/// A pair, and what to ask Go about it.
pub(crate) struct Inquiry {
    pub(crate) pair: Pair,
    pub(crate) questions: Vec<Pair>,
    /// For an attribution: the adjustment that each question leaves out.
    left_out: Vec<&'static str>,
}

impl Inquiry {
    /// Asks for the pair itself, and for the pair with all adjustments.
    pub(crate) fn comparison(schema: &Schema, pair: Pair) -> Self {
        let questions = vec![pair.clone(), adjusted(schema, &pair, None)];
        Self { pair, questions, left_out: Vec::new() }
    }

    /// Asks with all adjustments but one, for each that the pair touches.
    pub(crate) fn attribution(schema: &Schema, pair: Pair) -> Self {
        let all = adjusted(schema, &pair, None);
        let names = ADJUSTMENTS.iter().map(|adjustment| adjustment.name);
        let without = names.map(|name| (name, adjusted(schema, &pair, Some(name))));
        let (left_out, questions) = without.filter(|(_, question)| *question != all).unzip();
        Self { pair, questions, left_out }
    }

    /// Compares our answer with Go's two to a comparison.
    pub(crate) fn verdict(&self, schema: &Schema, go: &[Answer]) -> Verdict {
        let ours = ours(&self.pair);
        if !agree(schema, &reduced(schema, &ours), &predicted(&go[1])) {
            Verdict::Wrong
        } else if agree(schema, &ours, &go[0]) {
            Verdict::Same { reordered: ours.is_ok() && ours != go[0] }
        } else {
            Verdict::Explained
        }
    }

    /// The differences without which Go's answers to an attribution are not ours.
    pub(crate) fn needed(&self, schema: &Schema, go: &[Answer]) -> Vec<&'static str> {
        let ours = reduced(schema, &ours(&self.pair));
        let needed = self.left_out.iter().zip(go).filter(|(_, go)| !agree(schema, &ours, &predicted(go)));
        needed.map(|(name, _)| *name).collect()
    }
}

/// Our own merge of a pair.
pub(crate) fn ours(pair: &Pair) -> Answer {
    let mut pod = pair.pod.clone();
    strategic_merge(&mut pod, &pair.patch).map(|()| pod).map_err(|error| error.to_string())
}

/// Go's answer to an adjusted question, read back.
pub(crate) fn predicted(go: &Answer) -> Answer {
    let mut answer = go.clone();
    if let Ok(pod) = &mut answer {
        ADJUSTMENTS.iter().for_each(|adjustment| (adjustment.answer)(pod));
    }
    answer
}

fn reduced(schema: &Schema, ours: &Answer) -> Answer {
    let mut answer = ours.clone();
    if let Ok(pod) = &mut answer {
        ADJUSTMENTS.iter().for_each(|adjustment| (adjustment.ours)(schema, pod));
    }
    answer
}

fn agree(schema: &Schema, left: &Answer, right: &Answer) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => canonical(schema, left.clone()) == canonical(schema, right.clone()),
        (left, right) => left.is_err() && right.is_err(),
    }
}

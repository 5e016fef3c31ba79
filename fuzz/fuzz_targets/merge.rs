//! A patch on an object: no panic, no directive is left, and a second merge changes nothing.

#![no_main]

use chandler_fuzz::check::assert_no_directive_left;
use chandler_fuzz::{Input, Subject};
use chandler_pod_patch::{
    Conflicts, MergeError, Report, check_container_patch, check_pod_patch, merge_container, merge_pod,
    strategic_merge,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

type Merge = fn(&mut Value, &Value, Conflicts) -> Result<Report, MergeError>;

fuzz_target!(|input: &[u8]| {
    let input = Input::with_patch(input);
    let _ = (check_pod_patch(&input.second), check_container_patch(&input.second));
    if input.subject != Subject::Container {
        merge_twice(&input, merge_pod);
        merge_as_kubernetes(&input);
    }
    if input.subject != Subject::Pod {
        merge_twice(&input, merge_container);
    }
});

fn merge_twice(input: &Input, merge: Merge) {
    let mut once = input.first.clone();
    if let Err(error) = merge(&mut once, &input.second, input.conflicts) {
        assert!(!error.to_string().is_empty() && !error.reason().is_empty());
        return;
    }
    assert_no_directive_left(&input.first, &once);
    let mut twice = once.clone();
    let again = merge(&mut twice, &input.second, input.conflicts);
    assert!(again.is_ok(), "{again:?}\npod   {}\npatch {}\nonce  {once}", input.first, input.second);
    assert!(once == twice, "pod   {}\npatch {}\nonce  {once}\ntwice {twice}", input.first, input.second);
}

fn merge_as_kubernetes(input: &Input) {
    let mut merged = input.first.clone();
    if strategic_merge(&mut merged, &input.second).is_ok() {
        assert_no_directive_left(&input.first, &merged);
    }
}

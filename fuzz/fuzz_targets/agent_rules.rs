//! Any text as a file of rules: it is compiled or refused with a place inside of the text, and what was compiled can
//! read a line.

#![no_main]

use chandler_agent::rules::Rules;
use chandler_fuzz::agent::{LINES, NOW, pages, store_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: let_the_parser_of_cel_panic(), |text: &[u8]| {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Rules::parse("rules.yaml", text) {
        Ok(rules) => {
            pages(&store_of(&rules, LINES).snapshot(NOW));
        }
        Err(error) => {
            assert!(!error.faults.is_empty());
            let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
            for fault in &error.faults {
                let is_inside = usize::try_from(fault.line).is_ok_and(|line| line <= lines);
                assert!(is_inside && !fault.message.is_empty() && !fault.advice.is_empty(), "{fault}");
            }
        }
    }
});

/// A panic inside of the library for CEL is caught, and the expression refused. The fuzzer would end at the hook, before
/// that; what nobody catches ends it all the same.
fn let_the_parser_of_cel_panic() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}

//! Any text: read as manifests, compiled and rendered as a document, and decided on as an injection template.

#![no_main]

use chandler_api::InjectionTemplateSpec;
use chandler_fuzz::check::has_shape_of;
use chandler_fuzz::hostile;
use chandler_injector::{
    Namespace, Owner, Request, Review, Settings, Template, TemplateReference, TemplateSet, decide,
    locate_pods,
};
use chandler_manifest::{Documents, write_document, write_yaml};
use chandler_template::{Context, Document, Rendered};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const LIMIT: usize = 1 << 20;

fuzz_target!(|text: &[u8]| {
    for document in Documents::with_limit(text, LIMIT) {
        let Ok(document) = document else { continue };
        if let Ok(Some(value)) = document.parse() {
            check_writing(&document, &value);
            locate_pods(&value);
            render(&value);
            decide_with(&value);
        }
    }
});

/// What is written reads back as the same value.
fn check_writing(document: &chandler_manifest::Document, value: &Value) {
    let mut yaml = Vec::new();
    assert!(write_yaml(value, &mut yaml).is_ok());
    assert_eq!(read(&yaml).as_ref(), Some(value), "{:?}", String::from_utf8_lossy(&yaml));
    let mut rewritten = Vec::new();
    assert!(write_document(document, value, &mut rewritten).is_ok());
}

fn read(text: &[u8]) -> Option<Value> {
    Documents::new(text).next()?.ok()?.parse().ok()?
}

/// Rendering is the same each time, and adds nothing to the document's shape.
fn render(source: &Value) {
    let variables = hostile::variables();
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    let Ok(document) = Document::compile(source, &names) else { return };
    let context = variables.iter().fold(Context::new(), |context, (name, value)| context.with(name, value));
    let rendered = document.render(&context);
    assert_eq!(rendered, document.render(&context));
    if let Ok(Rendered::Value(rendered)) = &rendered {
        assert!(has_shape_of(source, rendered), "{source}\n{rendered}");
    }
    if document.is_constant() {
        assert_eq!(document.render(&Context::new()), rendered);
    }
}

fn decide_with(object: &Value) {
    let Some(spec) = object.get("spec") else { return };
    let Ok(spec) = serde_json::from_value::<InjectionTemplateSpec>(spec.clone()) else { return };
    let reference = TemplateReference { name: "a".to_owned(), namespace: None };
    let Ok(template) = Template::compile(reference, &spec) else { return };
    let mut templates = TemplateSet::default();
    templates.insert(template);
    let settings =
        Settings { cluster: json!({"name": "", "values": {"a": [1], "b": "b"}}), ..Settings::default() };
    let (pod, namespace) = (hostile::pod(), Namespace::named("shop"));
    let request =
        Request { operation: "CREATE".to_owned(), user_info: json!({"username": "a"}), dry_run: false };
    let review = Review { pod: &pod, namespace: &namespace, owner: Owner::of_pod(&pod), request };
    let decision = decide(&templates, &settings, &review);
    let operations = serde_json::to_value(decision.patch("", &pod)).unwrap_or_default();
    let mut patched = pod.clone();
    let patch: json_patch::Patch = serde_json::from_value(operations).unwrap_or_default();
    assert!(json_patch::patch(&mut patched, &patch).is_ok());
    assert_eq!(patched, *decision.pod.as_ref().unwrap_or(&pod));
}

//! Why an image is not had, from the words of container runtimes and registries.

use super::Diagnosis;
use super::container::Subject;

/// Registries say so where somebody may not pull; some also where there is no such image.
const DENIED: [&str; 7] = [
    "401 unauthorized",
    "403 forbidden",
    "access denied",
    "access forbidden",
    "authentication required",
    "authorization failed",
    "no basic auth credentials",
];

const ABSENT: [&str; 5] =
    ["not found", "code = notfound", "manifest unknown", "does not exist", "no match for platform"];

/// What may be over in a few seconds.
const PASSING: [&str; 10] = [
    "429 too many requests",
    "toomanyrequests",
    "500 internal server error",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway",
    "timeout",
    "connection refused",
    "connection reset",
    "eof",
];

/// Why a pull failed. What may pass is hoped for until the kubelet waits longer between its tries.
pub(crate) fn diagnose_pull(subject: &Subject<'_>, message: &str, has_backed_off: bool) -> Option<Diagnosis> {
    let words = own_words(message);
    let lower = words.to_lowercase();
    let says = |list: &[&str]| list.iter().any(|part| lower.contains(part));
    let image = subject.image();
    let told = |what: &str| format!("image {image} {what}: {words}");
    if says(&DENIED) {
        return Some(Diagnosis::new(
            "ImageDenied",
            told("may not be pulled"),
            "check its name, and the imagePullSecrets of the pod and its service account; a container that is added to a pod has those of the pod",
        ));
    }
    if lower.contains("no match for platform") {
        return Some(wrong_architecture(subject, &words));
    }
    if says(&ABSENT) {
        return Some(Diagnosis::new(
            "ImageNotFound",
            told("is not in its registry"),
            "check its name and tag: --image, or --toolbox for another",
        ));
    }
    if says(&PASSING) {
        let registry = Diagnosis::new(
            "RegistryUnavailable",
            told("cannot be pulled now"),
            "try again when the registry answers, or name an image that the node has with --image and --image-pull-policy Never",
        );
        return has_backed_off.then_some(registry);
    }
    Some(Diagnosis::new(
        "ImagePull",
        told("cannot be pulled"),
        "check that the node reaches the registry, or name another image with --image",
    ))
}

/// Why an image is not even asked for.
pub(crate) fn diagnose_image(subject: &Subject<'_>, reason: &str, message: &str) -> Diagnosis {
    let image = subject.image();
    let told = |what: &str| format!("image {image} {what}: {}", own_words(message));
    match reason {
        "InvalidImageName" => Diagnosis::new(
            "ImageName",
            told("has no legal name"),
            "write it as REGISTRY/NAME:TAG in lower case: --image",
        ),
        "ErrImageNeverPull" => Diagnosis::new(
            "ImageMissing",
            told("is not on the node"),
            "let the node pull it: --image-pull-policy IfNotPresent",
        ),
        "SignatureValidationFailed" => Diagnosis::new(
            "ImageSignature",
            told("is not signed as the node wants it"),
            "name an image that is: --image",
        ),
        _ => {
            Diagnosis::new("ImagePull", told("cannot be read on the node"), "name another image with --image")
        }
    }
}

/// The image is for other machines than the node.
pub(crate) fn wrong_architecture(subject: &Subject<'_>, words: &str) -> Diagnosis {
    Diagnosis::new(
        "WrongArchitecture",
        format!("image {} is for another architecture than the node: {words}", subject.image()),
        "name one for the node's architecture with --image: kubectl get node -L kubernetes.io/arch",
    )
}

/// The runtime's message on one line, without what the kubelet puts before it.
pub(crate) fn own_words(message: &str) -> String {
    let (_, words) = message.split_once("ErrImagePull: ").unwrap_or(("", message));
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

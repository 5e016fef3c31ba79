//! Random values: any JSON that uses the words of pods, pods as people write them, and patches of them.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use serde_json::{Map, Value, json};

const WORDS: &[&str] = &[
    "metadata",
    "labels",
    "annotations",
    "finalizers",
    "spec",
    "containers",
    "initContainers",
    "env",
    "name",
    "value",
    "valueFrom",
    "args",
    "ports",
    "containerPort",
    "protocol",
    "volumes",
    "emptyDir",
    "hostPath",
    "affinity",
    "nodeAffinity",
    "resources",
    "limits",
    "cpu",
    "image",
    "other",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
    "matchExpressions",
];
const DIRECTIVES: &[&str] = &[
    "$patch",
    "$retainKeys",
    "$setElementOrder/containers",
    "$setElementOrder/args",
    "$setElementOrder/env",
    "$deleteFromPrimitiveList/finalizers",
    "$deleteFromPrimitiveList/args",
    "$append",
    "$prepend",
    "$remove",
    "$separator",
    "$ifAbsent",
    "$position",
    "$requireNodes",
    "$nonsense",
    "$setElementOrder",
];
const TEXTS: &[&str] = &[
    "", "a", "b", "delete", "replace", "merge", "first", "last", "$(a)", "$$(b)", "1Gi", "1024Mi", "name",
    "image", "{{x}}",
];

/// Any JSON, with the keys of pods and, if asked for, of directives.
pub fn json(directives: bool) -> BoxedStrategy<Value> {
    let keys = if directives { [WORDS, DIRECTIVES, DIRECTIVES].concat() } else { WORDS.to_vec() };
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => (-4.0..4.0).prop_map(Value::from),
        6 => select(TEXTS).prop_map(Value::from),
        1 => ".{0,4}".prop_map(Value::from),
    ];
    let odd = if directives { "[a/~$]{0,3}" } else { "[a/~]{0,3}" };
    leaf.prop_recursive(7, 64, 5, move |inner| {
        let key = prop_oneof![20 => select(keys.clone()).prop_map(str::to_owned), 1 => odd];
        prop_oneof![
            2 => prop::collection::vec((key, inner.clone()), 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect())),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
    .boxed()
}

/// A field with a value, now and then.
type Field = (&'static str, BoxedStrategy<Value>);

fn object(always: Vec<Field>, sometimes: Vec<Field>) -> BoxedStrategy<Value> {
    let fixed: Vec<_> = always
        .into_iter()
        .map(|(key, value)| value.prop_map(move |value| Some((key, value))).boxed())
        .collect();
    let free = sometimes.into_iter().map(|(key, value)| {
        prop_oneof![2 => Just(None), 1 => value.prop_map(move |value| Some((key, value)))].boxed()
    });
    let fields: Vec<_> = fixed.into_iter().chain(free).collect();
    fields
        .prop_shuffle()
        .prop_map(|fields| {
            Value::Object(
                fields
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<Map<_, _>>(),
            )
        })
        .boxed()
}

fn text(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(words).prop_map(Value::from).boxed()
}

fn list(item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..4).prop_map(Value::Array).boxed()
}

/// A list without two items of one key.
fn keyed(item: BoxedStrategy<Value>, keys: &'static [&'static str]) -> BoxedStrategy<Value> {
    let unique = move |items: Vec<Value>| {
        let mut seen = Vec::new();
        let key = |item: &Value| keys.iter().map(|key| item.get(*key).cloned()).collect::<Vec<_>>();
        items
            .into_iter()
            .filter(|item| {
                !seen.contains(&key(item)) && {
                    seen.push(key(item));
                    true
                }
            })
            .collect::<Vec<_>>()
    };
    prop::collection::vec(item, 0..5).prop_map(move |items| Value::Array(unique(items))).boxed()
}

/// Of two strategies the first mostly, the second when the value is part of a patch.
fn or(plain: BoxedStrategy<Value>, patches: Vec<BoxedStrategy<Value>>, patch: bool) -> BoxedStrategy<Value> {
    if !patch {
        return plain;
    }
    Union::new_weighted(vec![(3, plain), (1, Union::new(patches).boxed())]).boxed()
}

fn wrapped(directive: &'static str, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    value.prop_map(move |value| json!({ directive: value })).boxed()
}

fn scalar(plain: BoxedStrategy<Value>, patch: bool) -> BoxedStrategy<Value> {
    let directives = vec![
        Just(Value::Null).boxed(),
        wrapped("$ifAbsent", plain.clone()),
        wrapped("$append", plain.clone()),
        (plain.clone(), plain.clone())
            .prop_map(|(one, other)| json!({"$prepend": one, "$append": other, "$separator": ":"}))
            .boxed(),
    ];
    or(plain, directives, patch)
}

fn atomic(item: BoxedStrategy<Value>, patch: bool) -> BoxedStrategy<Value> {
    let edit = (list(item.clone()), list(item.clone()), list(item.clone())).prop_map(
        |(remove, prepend, append)| json!({"$remove": remove, "$prepend": prepend, "$append": append}),
    );
    or(
        list(item.clone()),
        vec![
            edit.boxed(),
            wrapped("$append", list(item.clone())),
            wrapped("$ifAbsent", list(item)),
            Just(Value::Null).boxed(),
        ],
        patch,
    )
}

fn with(patch: bool, fields: Vec<Field>) -> Vec<Field> {
    if patch { fields } else { Vec::new() }
}

fn quantities(patch: bool) -> BoxedStrategy<Value> {
    let quantity =
        prop_oneof![text(&["1", "1Gi", "1024Mi", "100m", "x"]), Just(json!(1)), Just(json!(0.1))].boxed();
    object(
        vec![],
        vec![("cpu", scalar_value(quantity.clone(), patch)), ("memory", scalar_value(quantity, patch))],
    )
}

/// A scalar that is no text, so that no text is added to it.
fn scalar_value(plain: BoxedStrategy<Value>, patch: bool) -> BoxedStrategy<Value> {
    or(plain.clone(), vec![Just(Value::Null).boxed(), wrapped("$ifAbsent", plain)], patch)
}

fn variable(patch: bool) -> BoxedStrategy<Value> {
    let source = object(vec![("fieldRef", Just(json!({"fieldPath": "metadata.name"})).boxed())], vec![]);
    let value = scalar(text(&["1", "$(A)", "$(B) $(C)", "$$(A)", "x $(D)"]), patch);
    let names = || text(&["A", "B", "C", "D", "E"]);
    let deleted = with(patch, vec![("$patch", text(&["delete", "delete", "merge", "replace"]))]);
    prop_oneof![
        4 => object(vec![("name", names()), ("value", value)], vec![]),
        1 => object(vec![("name", names()), ("valueFrom", source)], vec![]),
        1 => object(vec![("name", names())], deleted),
    ]
    .boxed()
}

fn port() -> BoxedStrategy<Value> {
    let number = select(&[80, 81, 53][..]).prop_map(Value::from).boxed();
    object(
        vec![("containerPort", number)],
        vec![("protocol", text(&["TCP", "UDP"])), ("name", text(&["http", "dns"]))],
    )
}

fn position() -> BoxedStrategy<Value> {
    let anchor = text(&["c0", "c1", "c2", "i0", "nobody"]);
    prop_oneof![text(&["first", "last"]), wrapped("before", anchor.clone()), wrapped("after", anchor)].boxed()
}

fn probe() -> BoxedStrategy<Value> {
    let handler = prop_oneof![
        Just(json!({"httpGet": {"port": 1}})),
        Just(json!({"grpc": {"port": 1}})),
        Just(json!({"periodSeconds": 1}))
    ];
    handler.boxed()
}

fn container(names: &'static [&'static str], patch: bool) -> BoxedStrategy<Value> {
    let mut fields = vec![
        ("image", scalar(text(&["one", "two"]), patch)),
        ("args", atomic(text(&["-a", "-b", "-c"]), patch)),
        ("env", keyed_or_replaced(variable(patch), patch)),
        ("ports", keyed(port(), &["containerPort", "protocol"])),
        ("livenessProbe", probe()),
        ("resources", resources(patch)),
        ("future", json(false)),
    ];
    fields.extend(with(
        patch,
        vec![("$position", position()), ("$deleteFromPrimitiveList/args", list(text(&["-a", "-x"])))],
    ));
    object(vec![("name", text(names))], fields)
}

fn resources(patch: bool) -> BoxedStrategy<Value> {
    let plain = object(vec![], vec![("limits", quantities(patch)), ("requests", quantities(patch))]);
    or(plain.clone(), vec![wrapped("$ifAbsent", plain)], patch)
}

/// In a patch now and then also items of one key.
fn keyed_or_replaced(item: BoxedStrategy<Value>, patch: bool) -> BoxedStrategy<Value> {
    let unique = keyed(item.clone(), &["name"]);
    if patch { Union::new_weighted(vec![(5, unique), (1, list(item))]).boxed() } else { unique }
}

fn volume(patch: bool) -> BoxedStrategy<Value> {
    let source = prop_oneof![
        Just(json!({"emptyDir": {}})),
        Just(json!({"hostPath": {"path": "/"}})),
        Just(json!({"newer": {"x": 1}})),
        Just(json!({"emptyDir": {"sizeLimit": "1Gi"}}))
    ];
    let named = (text(&["v0", "v1", "v2"]), source).prop_map(|(name, mut volume)| {
        volume
            .as_object_mut()
            .into_iter()
            .for_each(|volume| drop(volume.insert("name".to_owned(), name.clone())));
        volume
    });
    let directives = vec![
        Just(json!({"name": "v0", "$patch": "delete"})).boxed(),
        Just(json!({"name": "v1", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]})).boxed(),
        Just(json!({"$patch": "replace"})).boxed(),
    ];
    or(named.boxed(), directives, patch)
}

fn affinity(patch: bool) -> BoxedStrategy<Value> {
    let expression =
        text(&["zone", "tenant"]).prop_map(|key| json!({"key": key, "operator": "Exists"})).boxed();
    let term = object(vec![], vec![("matchExpressions", list(expression.clone()))]);
    let terms = list(term).prop_map(|terms| json!({"nodeSelectorTerms": terms})).boxed();
    let required = ("requiredDuringSchedulingIgnoredDuringExecution", terms);
    let mut fields = vec![required];
    fields.extend(with(patch, vec![("$requireNodes", list(expression))]));
    object(
        vec![],
        vec![
            ("nodeAffinity", object(vec![], fields)),
            ("podAffinity", json(false).prop_map(|value| json!({"x": value})).boxed()),
        ],
    )
}

fn spec(patch: bool) -> BoxedStrategy<Value> {
    let containers = |names| keyed_or_replaced(container(names, patch), patch);
    let mut fields = vec![
        ("initContainers", containers(&["i0", "i1"])),
        ("volumes", keyed_or_replaced(volume(patch), patch)),
        ("hostname", scalar(text(&["h", "j"]), patch)),
        ("tolerations", atomic(text(&["a", "b"]).prop_map(|key| json!({ "key": key })).boxed(), patch)),
        ("affinity", affinity(patch)),
        ("nodeSelector", object(vec![], vec![("a", scalar(text(&["1", "2"]), patch)), ("b", text(&["1"]))])),
    ];
    let order = list(text(&["v0", "v1", "v2"])).prop_map(|names| {
        names.as_array().into_iter().flatten().map(|name| json!({ "name": name })).collect()
    });
    fields.extend(with(patch, vec![("$setElementOrder/volumes", order.boxed())]));
    object(vec![("containers", containers(&["c0", "c1", "c2", "i0"]))], fields)
}

fn pod_value(patch: bool) -> BoxedStrategy<Value> {
    let texts = object(vec![], vec![("a", scalar(text(&["1", "2"]), patch)), ("b/c~d", text(&["1"]))]);
    let finalizers = subsequence(vec!["x", "y", "z"], 0..=3).prop_map(Value::from).boxed();
    let metadata =
        object(vec![], vec![("labels", texts.clone()), ("annotations", texts), ("finalizers", finalizers)]);
    object(vec![("spec", spec(patch))], vec![("metadata", metadata)])
}

/// A pod as a person or a controller writes it; container names are unique within their lists.
pub fn pod() -> BoxedStrategy<Value> {
    pod_value(false)
}

/// A partial pod with directives; now and then a wrong one.
pub fn pod_patch() -> BoxedStrategy<Value> {
    pod_value(true)
}

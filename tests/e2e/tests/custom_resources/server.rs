//! The API server with the definitions in `crds/`.

use std::sync::LazyLock;

use chandler_e2e::{Answer, Defined, Needs, Objects, client, install_definitions};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::objects::{KINDS, both_kinds, kind_of};

/// An API server that knows our kinds.
pub(crate) struct Server {
    runtime: Runtime,
    objects: Objects,
    definitions: Vec<Defined>,
}

/// What the server makes of an object on create.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) errors: Vec<String>,
    /// Paths of fields that the schema does not know: `kubectl` refuses them.
    pub(crate) unknown: Vec<String>,
    /// The object as it would be stored.
    pub(crate) object: Value,
}

/// What the server adds to other errors: that it looked no further.
const UNCHECKED: &str = "some validation rules were not checked";

/// All tests share it, since definitions belong to the whole cluster; they also share what went wrong with it.
static SERVER: LazyLock<Result<Option<Server>, String>> =
    LazyLock::new(|| start().map_err(|error| format!("{error:#}")));

fn start() -> anyhow::Result<Option<Server>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let Some(client) = runtime.block_on(client(Needs::ApiServer, "custom_resources"))? else {
        return Ok(None);
    };
    let definitions = runtime.block_on(install_definitions(&client))?;
    let objects = runtime.block_on(Objects::discover(&client))?;
    Ok(Some(Server { runtime, objects, definitions }))
}

impl Server {
    pub(crate) fn open() -> Option<&'static Self> {
        SERVER.as_ref().unwrap_or_else(|error| panic!("{error}")).as_ref()
    }

    /// What it says of each definition in `crds/`.
    pub(crate) fn definitions(&self) -> &[Defined] {
        &self.definitions
    }

    /// What it would make of each object.
    pub(crate) fn create(&self, objects: &[Value]) -> Vec<Created> {
        let create = async |object| {
            let parameters = "dryRun=All&fieldValidation=Warn";
            Created::from(self.objects.create(object, "default", parameters).await.unwrap())
        };
        self.runtime.block_on(async {
            let mut created = Vec::new();
            for object in objects {
                created.push(create(object).await);
            }
            created
        })
    }

    /// Both kinds with each of those specs are refused, with its error and no other.
    pub(crate) fn assert_refused(&self, cases: &[(Value, &str)]) {
        let objects: Vec<_> = cases.iter().flat_map(|(spec, _)| both_kinds("example", spec)).collect();
        let words = cases.iter().flat_map(|(_, words)| [*words; KINDS.len()]);
        for ((object, words), created) in objects.iter().zip(words).zip(self.create(&objects)) {
            assert_refused_with(object, words, &created);
        }
    }

    pub(crate) fn assert_objects_refused(&self, objects: &[Value], words: &str) {
        for (object, created) in objects.iter().zip(self.create(objects)) {
            assert_refused_with(object, words, &created);
        }
    }

    /// Both kinds with each of those specs are accepted.
    pub(crate) fn assert_accepted(&self, specs: &[Value]) {
        let objects: Vec<_> = specs.iter().flat_map(|spec| both_kinds("example", spec)).collect();
        self.assert_objects_accepted(&objects);
    }

    pub(crate) fn assert_objects_accepted(&self, objects: &[Value]) {
        for (object, created) in objects.iter().zip(self.create(objects)) {
            assert!(created.errors.is_empty(), "{:?} for {object}", created.errors);
            assert!(created.unknown.is_empty(), "unknown {:?} in {object}", created.unknown);
        }
    }
}

impl From<Answer> for Created {
    fn from(answer: Answer) -> Self {
        let unknown = answer.warnings.iter().filter_map(|warning| warning.strip_prefix("unknown field "));
        let unknown = unknown.map(|path| path.trim_matches('"').to_owned()).collect();
        let causes = answer.body.pointer("/details/causes").and_then(Value::as_array);
        let text = |cause: &Value, field| cause[field].as_str().unwrap_or_default().to_owned();
        let errors = match causes {
            _ if answer.status < 300 => Vec::new(),
            Some(causes) => {
                let causes = causes.iter().filter(|cause| !text(cause, "message").contains(UNCHECKED));
                causes.map(|cause| format!("{}: {}", text(cause, "field"), text(cause, "message"))).collect()
            }
            None => vec![answer.message().to_owned()],
        };
        Self { errors, unknown, object: answer.body }
    }
}

fn assert_refused_with(object: &Value, words: &str, created: &Created) {
    let [error] = &created.errors[..] else { panic!("not one error: {:?} for {object}", created.errors) };
    assert!(error.contains(words), "{}: {error}", kind_of(object));
}

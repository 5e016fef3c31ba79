//! The definitions themselves.

use chandler_e2e::definition_files;

use crate::server::Server;

#[test]
fn definitions_are_accepted_by_the_api_server() {
    let Some(server) = Server::open() else { return };
    for definition in server.definitions() {
        assert!(definition.problems.is_empty(), "{}: {:#?}", definition.name, definition.problems);
    }
}

#[test]
fn every_definition_is_named_as_its_file() {
    let Some(server) = Server::open() else { return };
    let stems = definition_files()
        .unwrap()
        .into_iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    let names = server.definitions().iter().map(|definition| definition.name.clone());
    assert!(stems.eq(names));
    assert_eq!(definition_files().unwrap().len(), chandler_api::custom_resource_definitions().len());
}

//! The table of merge keys is that of the API server.

use chandler_e2e::{Needs, client};
use chandler_pod_patch::schema::{extract::extract, render::render};

const TABLE: &str = include_str!("../../../../crates/pod-patch/src/schema/table.rs");

#[tokio::test]
async fn merge_table_is_what_the_api_server_publishes() {
    let Some(client) =
        client(Needs::ApiServer, "merge_table_is_what_the_api_server_publishes").await.unwrap()
    else {
        return;
    };
    let request =
        http::Request::get("/openapi/v2").header("accept", "application/json").body(Vec::new()).unwrap();
    let text = client.request_text(request).await.unwrap();
    let table = extract(&serde_json::from_str(&text).unwrap()).unwrap();
    let published = render(&table);
    let difference = published.lines().zip(TABLE.lines()).find(|(server, ours)| server != ours);
    assert_eq!(difference, None, "make merge-table, if this is the server that the tests are for");
    assert_eq!(published, TABLE);
}

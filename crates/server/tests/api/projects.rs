//! `/organizations/:organization/projects`, `/projects/:id`.

use crate::support::assert_body;
use terrane_testkit::on_both;

on_both!(an_organization_has_a_default_project, |server| {
    let listed = server.owner.get("/organizations/acme/projects").await.expect_status(200);
    assert_body!("projects", listed);
    let id = listed.at("/data/0/id").as_str().unwrap().to_owned();
    let organization = server.owner.get("/organizations/acme").await;
    assert_eq!(organization.at("/data/relationships/default-project/data/id"), id.as_str());
    let one = server.owner.get(&format!("/projects/{id}")).await.expect_status(200);
    assert_eq!(one.at("/data"), listed.at("/data/0"));
    server.stranger.get(&format!("/projects/{id}")).await.expect_status(404);
    server.stranger.get("/organizations/acme/projects").await.expect_status(404);
    server.owner.get("/projects/prj-nothing").await.expect_status(404);
});

//! What the routes of plans take and answer.

use super::http::PLAN;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let json = |operation: Operation| {
        operation.answers(307, Answer::Redirect).answers(204, Answer::Nothing).refuses(&[422])
    };
    vec![
        operation("getPlan", "a plan").answers(200, Answer::One(PLAN)),
        operation("getPlanOfRun", "the plan of a run").answers(200, Answer::One(PLAN)),
        json(operation("getPlanJson", "where the plan is as JSON, in the engine's format")),
        json(operation("getRedactedPlan", "where the plan is without secrets, as clients show it")),
        json(operation("getPlanSchemas", "where the schemas of the plan's providers are")),
        json(operation("getPlanJsonOfRun", "where the plan of a run is as JSON")),
        json(operation("getRedactedPlanOfRun", "where the plan of a run is without secrets")),
        json(operation("getPlanSchemasOfRun", "where the schemas of the providers of a run's plan are")),
    ]
}

//! Decisions about a run, made on its page: the same operations as those of the API.

use super::Place;
use crate::app::App;
use crate::ids::RunId;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::pages::{Form, PageResult, see_other};
use axum::extract::{Path, State};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Decision {
    comment: Option<String>,
}

impl Decision {
    fn comment(self) -> Option<String> {
        self.comment.filter(|comment| !comment.trim().is_empty())
    }
}

macro_rules! decisions {
    ($($name:ident => $operation:path),+) => { $(
        pub async fn $name(
            State(app): State<App>,
            granted: Granted<WorkspaceScope>,
            Path(place): Path<Place>,
            Form(decision): Form<Decision>,
        ) -> PageResult {
            let id = RunId::from(place.run_id.clone());
            $operation(&app, &id, &granted.caller().user_id, decision.comment()).await?;
            Ok(see_other(&place.path()))
        }
    )+ };
}

decisions!(
    confirm => crate::runs::confirm,
    discard => crate::runs::discard,
    cancel => crate::runs::cancel
);

//! `/workspaces/:id/state-versions`, `/state-versions/:id` and what hangs on them.

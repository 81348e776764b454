-- State versions: a workspace's states, one after the other, and the outputs in them.
-- "ordinal" counts a workspace's state versions as they were made. "run_sequence" is the agent's own count within one
-- run. "resources" and "completed_not_in_state" are JSON; values of outputs are sealed.

CREATE TABLE state_versions (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    ordinal BIGINT NOT NULL,
    status TEXT NOT NULL,
    serial BIGINT NOT NULL,
    lineage TEXT,
    md5 TEXT NOT NULL,
    intermediate BOOLEAN NOT NULL,
    recovered BOOLEAN NOT NULL,
    accepted_by TEXT,
    accepted_at BIGINT,
    completed_not_in_state TEXT,
    run_id TEXT,
    run_sequence BIGINT,
    created_by TEXT,
    rollback_of TEXT,
    object_id TEXT REFERENCES objects (id),
    json_object_id TEXT REFERENCES objects (id),
    size_bytes BIGINT,
    format_version BIGINT,
    terraform_version TEXT,
    resources TEXT,
    resource_count BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, ordinal),
    UNIQUE (run_id, run_sequence)
);

CREATE TABLE state_version_outputs (
    id TEXT NOT NULL PRIMARY KEY,
    state_version_id TEXT NOT NULL REFERENCES state_versions (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    sensitive BOOLEAN NOT NULL,
    type TEXT NOT NULL,
    detailed_type TEXT NOT NULL,
    value_sealed BLOB NOT NULL,
    UNIQUE (state_version_id, name)
);

ALTER TABLE workspaces ADD COLUMN current_state_version_id TEXT;
ALTER TABLE workspaces ADD COLUMN resource_count BIGINT NOT NULL DEFAULT 0;

-- People, organizations, workspaces, configurations, runs and plans.
-- Times are microseconds since 1970. "status_times" holds a line "name=micros" for each status reached.
-- "sealed" columns are encrypted with a key derived from the master key and bound to their row.

CREATE TABLE installation (
    id BIGINT NOT NULL PRIMARY KEY,
    key_check_sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    email TEXT,
    is_site_admin BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

-- Agents beside the embedded one, which belongs to no pool.
CREATE TABLE agent_pools (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE agents (
    id TEXT NOT NULL PRIMARY KEY,
    agent_pool_id TEXT REFERENCES agent_pools (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    instance TEXT NOT NULL,
    last_ping_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    agent_pool_id TEXT REFERENCES agent_pools (id) ON DELETE CASCADE,
    description TEXT,
    digest BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    expired_at BIGINT
);
CREATE INDEX tokens_by_user ON tokens (user_id, created_at);

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    email TEXT,
    collaborator_auth_policy TEXT NOT NULL,
    session_timeout_minutes BIGINT,
    session_remember_minutes BIGINT,
    created_at BIGINT NOT NULL
);

-- Names that differ in case alone are the same name for people.
CREATE UNIQUE INDEX organizations_by_folded_name ON organizations (lower(name));

CREATE TABLE organization_owners (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_owners_by_user ON organization_owners (user_id);

CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE objects (
    id TEXT NOT NULL PRIMARY KEY,
    format_version BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    stored_bytes BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE workspaces (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    description TEXT,
    engine TEXT NOT NULL,
    terraform_version TEXT NOT NULL,
    working_directory TEXT,
    auto_apply BOOLEAN NOT NULL,
    auto_apply_run_trigger BOOLEAN NOT NULL,
    allow_destroy_plan BOOLEAN NOT NULL,
    queue_all_runs BOOLEAN NOT NULL,
    speculative_enabled BOOLEAN NOT NULL,
    file_triggers_enabled BOOLEAN NOT NULL,
    trigger_prefixes TEXT NOT NULL,
    trigger_patterns TEXT NOT NULL,
    global_remote_state BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    source_name TEXT,
    source_url TEXT,
    lock_kind TEXT,
    lock_holder_id TEXT,
    lock_reason TEXT,
    locked_at BIGINT,
    current_run_id TEXT,
    current_configuration_version_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);
CREATE INDEX workspaces_by_age ON workspaces (organization_id, created_at, id);

CREATE TABLE variables (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value_sealed BLOB NOT NULL,
    category TEXT NOT NULL,
    hcl BOOLEAN NOT NULL,
    sensitive BOOLEAN NOT NULL,
    description TEXT,
    version_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, category, key)
);

CREATE TABLE configuration_versions (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    status_times TEXT NOT NULL,
    source TEXT NOT NULL,
    auto_queue_runs BOOLEAN NOT NULL,
    speculative BOOLEAN NOT NULL,
    provisional BOOLEAN NOT NULL,
    object_id TEXT REFERENCES objects (id),
    created_by TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX configuration_versions_by_age ON configuration_versions (workspace_id, created_at, id);

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    configuration_version_id TEXT NOT NULL,
    status TEXT NOT NULL,
    status_times TEXT NOT NULL,
    message TEXT NOT NULL,
    source TEXT NOT NULL,
    trigger_reason TEXT NOT NULL,
    is_destroy BOOLEAN NOT NULL,
    plan_only BOOLEAN NOT NULL,
    auto_apply BOOLEAN NOT NULL,
    allow_empty_apply BOOLEAN NOT NULL,
    engine TEXT NOT NULL,
    terraform_version TEXT NOT NULL,
    working_directory TEXT NOT NULL,
    variables_sealed BLOB NOT NULL,
    own_variables_sealed BLOB NOT NULL,
    creation_digest BLOB NOT NULL,
    has_changes BOOLEAN NOT NULL,
    created_by TEXT,
    canceled_by TEXT,
    confirmed_by TEXT,
    discarded_by TEXT,
    canceled_at BIGINT,
    force_cancel_available_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX runs_by_age ON runs (workspace_id, created_at, id);
CREATE INDEX runs_by_configuration_version ON runs (configuration_version_id);
CREATE INDEX runs_unfinished ON runs (workspace_id, status);

CREATE TABLE plans (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE REFERENCES runs (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    status_times TEXT NOT NULL,
    engine TEXT NOT NULL,
    engine_version TEXT,
    engine_sha256 TEXT,
    lock_file TEXT,
    agent_id TEXT,
    state_version_id TEXT,
    has_changes BOOLEAN NOT NULL,
    generated_configuration BOOLEAN NOT NULL,
    resource_additions BIGINT,
    resource_changes BIGINT,
    resource_destructions BIGINT,
    resource_imports BIGINT,
    plan_file_object_id TEXT REFERENCES objects (id),
    json_object_id TEXT REFERENCES objects (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE applies (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE REFERENCES runs (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    status_times TEXT NOT NULL,
    agent_id TEXT,
    resource_additions BIGINT,
    resource_changes BIGINT,
    resource_destructions BIGINT,
    resource_imports BIGINT,
    errored_state_object_id TEXT REFERENCES objects (id),
    -- Written once, before the engine is executed; nothing ever clears them.
    started_at BIGINT,
    started_by TEXT,
    started_epoch BIGINT,
    started_nonce TEXT,
    started_plan_sha256 TEXT
);

-- The log of a plan or an apply has its id.
CREATE TABLE logs (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    size_bytes BIGINT NOT NULL,
    object_id TEXT REFERENCES objects (id)
);
CREATE INDEX logs_by_run ON logs (run_id);

CREATE TABLE log_chunks (
    log_id TEXT NOT NULL REFERENCES logs (id) ON DELETE CASCADE,
    start_offset BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (log_id, start_offset)
);

CREATE TABLE comments (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    created_by TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX comments_by_run ON comments (run_id, created_at, id);

CREATE TABLE run_events (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal BIGINT NOT NULL,
    action TEXT NOT NULL,
    description TEXT NOT NULL,
    actor_id TEXT,
    comment_id TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (run_id, ordinal)
);

-- A phase of a run: waiting for an agent, or leased to one. A row stays after its agent was given up, so that what
-- arrives late is still taken.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    phase TEXT NOT NULL,
    priority BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    lease_epoch BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    agent_id TEXT,
    lease_expires_at BIGINT,
    is_started BOOLEAN NOT NULL,
    silent_since BIGINT,
    given_up_at BIGINT,
    stop TEXT
);
CREATE INDEX jobs_waiting ON jobs (agent_id, priority, created_at, id);
CREATE INDEX jobs_by_run ON jobs (run_id);

-- What an agent has uploaded for a job but not yet reported.
CREATE TABLE job_uploads (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    object_id TEXT NOT NULL REFERENCES objects (id),
    PRIMARY KEY (job_id, purpose)
);

-- Stored objects that nothing names any more; a sweep deletes them.
CREATE TABLE object_garbage (
    object_id TEXT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL
);

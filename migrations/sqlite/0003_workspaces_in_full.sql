-- Settings of organizations, projects and workspaces in full; tags, tag bindings, ssh keys, readers of remote states,
-- and the resources of a workspace's current state.
-- A NULL in an execution mode or an agent pool says that the setting is inherited: workspace, project, organization.

ALTER TABLE agent_pools ADD COLUMN organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE;

ALTER TABLE organizations ADD COLUMN default_execution_mode TEXT;
ALTER TABLE organizations ADD COLUMN default_agent_pool_id TEXT;
ALTER TABLE organizations ADD COLUMN cost_estimation_enabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN speculative_plan_management_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE organizations ADD COLUMN aggregated_commit_status_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE organizations ADD COLUMN passing_statuses_for_untriggered BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN assessments_enforced BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN allow_force_delete_workspaces BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE projects ADD COLUMN default_execution_mode TEXT;
ALTER TABLE projects ADD COLUMN default_agent_pool_id TEXT;
ALTER TABLE projects ADD COLUMN auto_destroy_activity_duration TEXT;

ALTER TABLE workspaces ADD COLUMN execution_mode TEXT;
ALTER TABLE workspaces ADD COLUMN overwrites_agent_pool BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE workspaces ADD COLUMN agent_pool_id TEXT;
ALTER TABLE workspaces ADD COLUMN project_remote_state BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE workspaces ADD COLUMN assessments_enabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE workspaces ADD COLUMN structured_run_output_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE workspaces ADD COLUMN ssh_key_id TEXT;
-- "auto_destroy_by" is who asked for it last: the destroy run is made in that user's name.
ALTER TABLE workspaces ADD COLUMN auto_destroy_at BIGINT;
ALTER TABLE workspaces ADD COLUMN auto_destroy_activity_duration TEXT;
-- The duration that holds, its own or its project's, in microseconds.
ALTER TABLE workspaces ADD COLUMN auto_destroy_after_us BIGINT;
ALTER TABLE workspaces ADD COLUMN inherits_project_auto_destroy BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE workspaces ADD COLUMN auto_destroy_status TEXT;
ALTER TABLE workspaces ADD COLUMN auto_destroy_by TEXT;
-- Of the last runs that were applied or errored; NULL before the first.
ALTER TABLE workspaces ADD COLUMN plan_duration_average_ms BIGINT;
ALTER TABLE workspaces ADD COLUMN apply_duration_average_ms BIGINT;
ALTER TABLE workspaces ADD COLUMN run_failures BIGINT;
ALTER TABLE workspaces ADD COLUMN counted_runs BIGINT;
CREATE INDEX workspaces_by_project ON workspaces (project_id);
CREATE INDEX workspaces_to_destroy ON workspaces (auto_destroy_at);
CREATE INDEX workspaces_by_ssh_key ON workspaces (ssh_key_id);
CREATE INDEX runs_counted ON runs (workspace_id, created_at) WHERE status IN ('applied', 'errored');

-- Flat tags: names that an organization's workspaces share.
CREATE TABLE tags (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE workspace_tags (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    tag_id TEXT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, tag_id)
);
CREATE INDEX workspace_tags_by_tag ON workspace_tags (tag_id);

-- Keys with values, of a workspace or of a project; one of the two is NULL.
CREATE TABLE tag_bindings (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT REFERENCES workspaces (id) ON DELETE CASCADE,
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, key),
    UNIQUE (project_id, key)
);

CREATE TABLE ssh_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value_sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX ssh_keys_by_organization ON ssh_keys (organization_id, created_at, id);

-- Which workspaces may read a workspace's state.
CREATE TABLE remote_state_consumers (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    consumer_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, consumer_id)
);
CREATE INDEX remote_state_consumers_by_consumer ON remote_state_consumers (consumer_id);

-- "instances" is JSON, in the order of "resources": the index and a digest of each instance.
ALTER TABLE state_versions ADD COLUMN instances TEXT;

-- The instances of the current state as JSON, each with when it came and when it last changed.
CREATE TABLE workspace_resources (
    workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    resources TEXT NOT NULL
);

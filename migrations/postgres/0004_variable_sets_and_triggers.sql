-- Variable sets, run triggers, what version control says of a configuration, and what a run was made from.
-- "run_trigger_firings" holds the runs that a source's apply has asked for and that have not been made yet.
-- "variables_used" is JSON: the variables a run was made from, by name, without their values.

CREATE TABLE varsets (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id TEXT COLLATE "C" REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    global BOOLEAN NOT NULL,
    priority BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A name is unique among the sets of one owner: an organization, or a project of it.
CREATE UNIQUE INDEX varsets_by_name ON varsets (organization_id, COALESCE(project_id, ''), name);

CREATE TABLE varset_workspaces (
    varset_id TEXT COLLATE "C" NOT NULL REFERENCES varsets (id) ON DELETE CASCADE,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (varset_id, workspace_id)
);
CREATE INDEX varset_workspaces_by_workspace ON varset_workspaces (workspace_id);

CREATE TABLE varset_projects (
    varset_id TEXT COLLATE "C" NOT NULL REFERENCES varsets (id) ON DELETE CASCADE,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (varset_id, project_id)
);
CREATE INDEX varset_projects_by_project ON varset_projects (project_id);

CREATE TABLE varset_variables (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    varset_id TEXT COLLATE "C" NOT NULL REFERENCES varsets (id) ON DELETE CASCADE,
    key TEXT COLLATE "C" NOT NULL,
    value_sealed BYTEA NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    hcl BOOLEAN NOT NULL,
    sensitive BOOLEAN NOT NULL,
    description TEXT COLLATE "C",
    version_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (varset_id, category, key)
);

CREATE TABLE run_triggers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    source_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, source_id)
);
CREATE INDEX run_triggers_by_source ON run_triggers (source_id);

CREATE TABLE run_trigger_firings (
    source_run_id TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (source_run_id, workspace_id)
);
CREATE INDEX run_trigger_firings_by_age ON run_trigger_firings (created_at);

CREATE TABLE ingress_attributes (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    configuration_version_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES configuration_versions (id) ON DELETE CASCADE,
    branch TEXT COLLATE "C",
    clone_url TEXT COLLATE "C",
    commit_message TEXT COLLATE "C",
    commit_sha TEXT COLLATE "C",
    commit_url TEXT COLLATE "C",
    compare_url TEXT COLLATE "C",
    identifier TEXT COLLATE "C",
    is_pull_request BOOLEAN NOT NULL,
    on_default_branch BOOLEAN NOT NULL,
    pull_request_number BIGINT,
    pull_request_url TEXT COLLATE "C",
    pull_request_title TEXT COLLATE "C",
    pull_request_body TEXT COLLATE "C",
    tag TEXT COLLATE "C",
    sender_username TEXT COLLATE "C",
    sender_avatar_url TEXT COLLATE "C",
    sender_html_url TEXT COLLATE "C"
);

ALTER TABLE runs ADD COLUMN variables_used TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN triggering_run_id TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN triggering_workspace_id TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN triggering_workspace_name TEXT COLLATE "C";

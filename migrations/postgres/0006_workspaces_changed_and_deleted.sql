-- Workspaces that change under their runs or are deleted, and the versions that they may name.

-- Where runs happened when a plan was made; unknown of older plans.
ALTER TABLE plans ADD COLUMN execution_mode TEXT COLLATE "C";

-- The first run of a configuration version.
DROP INDEX runs_by_configuration_version;
CREATE INDEX runs_by_configuration_version ON runs (configuration_version_id, created_at, id);

-- What deleted workspaces leave: their last state, for some weeks. "settings" is a JSON document; organization and
-- project may be gone meanwhile.
CREATE TABLE recoverable_items (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    organization_name TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    workspace_name TEXT COLLATE "C" NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" REFERENCES objects (id),
    state_sequence BIGINT NOT NULL,
    serial BIGINT,
    lineage TEXT COLLATE "C",
    md5 TEXT COLLATE "C",
    resource_count BIGINT NOT NULL,
    deleted_by TEXT COLLATE "C",
    deleted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX recoverable_items_by_organization ON recoverable_items (organization_id, expires_at, id);
CREATE INDEX recoverable_items_by_age ON recoverable_items (expires_at, id);

-- Who owned an organization that was deleted.
CREATE TABLE recoverable_item_owners (
    item_id TEXT COLLATE "C" NOT NULL REFERENCES recoverable_items (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (item_id, user_id)
);

-- Applies that were under way when their workspace was deleted: their agents still bring states.
CREATE TABLE orphaned_jobs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    item_id TEXT COLLATE "C" NOT NULL REFERENCES recoverable_items (id) ON DELETE CASCADE,
    run_id TEXT COLLATE "C" NOT NULL,
    plan_id TEXT COLLATE "C" NOT NULL,
    apply_id TEXT COLLATE "C" NOT NULL,
    lease_epoch BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    agent_id TEXT COLLATE "C" NOT NULL,
    agent_pool_id TEXT COLLATE "C",
    since BIGINT NOT NULL
);
CREATE INDEX orphaned_jobs_by_item ON orphaned_jobs (item_id);

-- The catalogue of engine versions. "sort_key" is a text by which versions sort.
CREATE TABLE engine_versions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    engine TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C",
    sha TEXT COLLATE "C",
    official BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    beta BOOLEAN NOT NULL,
    deprecated BOOLEAN NOT NULL,
    deprecated_reason TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    UNIQUE (engine, version)
);
CREATE INDEX engine_versions_by_key ON engine_versions (sort_key, engine);
CREATE INDEX workspaces_by_version ON workspaces (terraform_version, engine);

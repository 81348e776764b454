-- How runs plan, and lists of runs that stay quick with millions of them.
-- "target_addrs" and "replace_addrs" are JSON lists; "operation" is the word that lists are filtered by.

ALTER TABLE runs ADD COLUMN refresh BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE runs ADD COLUMN refresh_only BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN save_plan BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN allow_config_generation BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN debugging_mode BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN target_addrs TEXT;
ALTER TABLE runs ADD COLUMN replace_addrs TEXT;
ALTER TABLE runs ADD COLUMN operation TEXT NOT NULL DEFAULT 'plan_and_apply';
ALTER TABLE runs ADD COLUMN organization_id TEXT;
UPDATE runs SET
    operation = CASE
        WHEN plan_only THEN 'plan_only'
        WHEN is_destroy THEN 'destroy'
        WHEN allow_empty_apply THEN 'empty_apply'
        ELSE 'plan_and_apply'
    END,
    organization_id = (SELECT w.organization_id FROM workspaces w WHERE w.id = runs.workspace_id);

-- A list walks one of these from its newest end, once for each operation (and status) that is asked for.
CREATE INDEX runs_by_operation ON runs (workspace_id, operation, created_at, id);
CREATE INDEX runs_by_status ON runs (workspace_id, status, operation, created_at, id);
CREATE INDEX runs_by_organization ON runs (organization_id, operation, created_at, id);
CREATE INDEX runs_by_organization_and_status ON runs (organization_id, status, operation, created_at, id);
CREATE INDEX runs_saved ON runs (updated_at) WHERE status = 'planned_and_saved';
DROP INDEX runs_unfinished;

-- How many runs of a workspace have ended, so that a list need not count them.
CREATE TABLE finished_runs (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    operation TEXT NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    runs BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, operation, source, status)
);
INSERT INTO finished_runs (workspace_id, operation, source, status, runs)
SELECT workspace_id, operation, source, status, COUNT(*) FROM runs
WHERE status IN ('planned_and_finished', 'applied', 'discarded', 'errored', 'canceled')
GROUP BY workspace_id, operation, source, status;

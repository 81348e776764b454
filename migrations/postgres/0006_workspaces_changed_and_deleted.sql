-- Workspaces that change under their runs.

-- Where runs happened when a plan was made; unknown of older plans.
ALTER TABLE plans ADD COLUMN execution_mode TEXT COLLATE "C";

-- The first run of a configuration version.
DROP INDEX runs_by_configuration_version;
CREATE INDEX runs_by_configuration_version ON runs (configuration_version_id, created_at, id);

-- Workspaces that change under their runs.

-- Where runs happened when a plan was made; unknown of older plans.
ALTER TABLE plans ADD COLUMN execution_mode TEXT COLLATE "C";

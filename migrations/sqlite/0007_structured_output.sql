-- The engine's JSON lines, the redacted plan and what the providers of a plan can do (api-contract 3.5, 3.7, 3.9).

-- Frozen with the run, from its workspace.
ALTER TABLE plans ADD COLUMN structured_output BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE plans ADD COLUMN redacted_object_id TEXT;
-- Of provider_schemas; several plans name the same one.
ALTER TABLE plans ADD COLUMN schemas_object_id TEXT;
CREATE INDEX plans_by_schemas ON plans (schemas_object_id) WHERE schemas_object_id IS NOT NULL;

-- Plans with the same engine and the same providers have the same schemas, which are large: each is kept once.
CREATE TABLE provider_schemas (
    -- Hex SHA-256 of the bytes.
    sha256 TEXT NOT NULL PRIMARY KEY,
    object_id TEXT NOT NULL UNIQUE,
    -- When a plan came with them last.
    used_at BIGINT NOT NULL
);
CREATE INDEX provider_schemas_by_use ON provider_schemas (used_at);

-- How people sign in: passwords, the links by which they set one, sessions, and codes for the command line. Of every
-- secret only a digest is here.

-- "hash" is argon2id in PHC form, with its salt and costs.
CREATE TABLE passwords (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

-- A user has one invitation at most: a newer one takes the place of the older.
CREATE TABLE invitations (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- A code stays after its use, with the token it was used for: used twice, it ends that token.
CREATE TABLE authorization_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    is_used BOOLEAN NOT NULL,
    token_id TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX authorization_codes_by_end ON authorization_codes (expires_at);

extension Schema {
    /// Step n brings a file from schema n to n + 1.
    ///
    /// A step that was released never changes: add one. Times are milliseconds since 1970-01-01T00:00:00Z. Names compare octet by octet. Whatever lets somebody in is kept
    /// as a hash.
    static let migrations = [
        """
        CREATE TABLE topic (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            epoch INTEGER NOT NULL,              -- 64 unsigned bits
            last_offset INTEGER NOT NULL,
            first_offset INTEGER NOT NULL,       -- of the oldest entry kept; last_offset + 1 when there is none
            bytes INTEGER NOT NULL,              -- of the data of the entries kept
            trimmed_at INTEGER NOT NULL,
            published_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE entry (
            topic INTEGER NOT NULL REFERENCES topic ON DELETE CASCADE,
            offset INTEGER NOT NULL,
            published_at INTEGER NOT NULL,
            key TEXT,
            data BLOB NOT NULL,
            PRIMARY KEY (topic, offset)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE entry_key (                 -- outlives the entry: a late repetition is still one
            topic INTEGER NOT NULL REFERENCES topic ON DELETE CASCADE,
            key TEXT NOT NULL,
            offset INTEGER NOT NULL,
            published_at INTEGER NOT NULL,
            PRIMARY KEY (topic, key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE notification (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id TEXT NOT NULL,
            key TEXT,
            data BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            is_unread INTEGER NOT NULL DEFAULT 1,
            read_at INTEGER
        ) STRICT;
        CREATE INDEX notification_page ON notification (user_id, id);
        CREATE INDEX notification_unread ON notification (user_id, is_unread, id, expires_at);
        CREATE UNIQUE INDEX notification_key ON notification (user_id, key) WHERE key IS NOT NULL;
        CREATE INDEX notification_expiry ON notification (expires_at) WHERE expires_at IS NOT NULL;

        CREATE TABLE token (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            token BLOB NOT NULL UNIQUE,          -- SHA-256
            user_id TEXT NOT NULL,
            is_revoked INTEGER NOT NULL DEFAULT 0 CHECK (is_revoked IN (0, 1)),
            expires_at INTEGER,
            created_at INTEGER NOT NULL,
            label TEXT,
            claims TEXT
        ) STRICT;
        CREATE INDEX token_user ON token (user_id, id);
        CREATE INDEX token_expiry ON token (expires_at) WHERE expires_at IS NOT NULL;

        CREATE TABLE revocation (
            kind INTEGER NOT NULL,               -- 0: the token with this id; 1: this user's, issued before a time
            subject TEXT NOT NULL,
            issued_before INTEGER NOT NULL,
            ends_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (kind, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX revocation_end ON revocation (ends_at);

        CREATE TABLE user (
            name TEXT PRIMARY KEY NOT NULL,
            password TEXT NOT NULL,              -- a hash in PHC form
            is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
            display_name TEXT,
            claims TEXT,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_key (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash BLOB NOT NULL UNIQUE,           -- SHA-256
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            last_used_at INTEGER,
            revoked_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX api_key_name ON api_key (name) WHERE revoked_at IS NULL;

        CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE change (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            kind INTEGER NOT NULL,
            subject TEXT NOT NULL,
            detail INTEGER NOT NULL,
            origin INTEGER NOT NULL              -- which opening of the store wrote it
        ) STRICT;
        """,
        """
        CREATE TABLE delivery (                  -- events on their way to a webhook
            id TEXT PRIMARY KEY NOT NULL,        -- the same for every try
            hook TEXT NOT NULL,                  -- which, by the hash of its URL
            event TEXT NOT NULL,
            body BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX delivery_order ON delivery (hook, created_at);
        CREATE INDEX delivery_age ON delivery (created_at);
        """,
        """
        ALTER TABLE entry ADD COLUMN note BLOB;  -- what the publisher wants kept beside it
        CREATE TABLE socket (                    -- what brings a Socket.IO client back after a restart
            id TEXT PRIMARY KEY NOT NULL,        -- the private id it asks by
            kept INTEGER NOT NULL,               -- for how long once it is cut off, in milliseconds
            expires_at INTEGER,                  -- null while it is connected
            state BLOB NOT NULL                  -- JSON
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX socket_expiry ON socket (expires_at) WHERE expires_at IS NOT NULL;
        """,
    ]
}

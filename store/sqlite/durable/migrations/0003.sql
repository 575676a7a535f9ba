-- Tokens with which programs read for a person.
CREATE TABLE token (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    hash    BLOB NOT NULL UNIQUE,
    expires INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);

-- Passkeys; hash is SHA-256 of the credential's id.
CREATE TABLE passkey (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    hash    BLOB NOT NULL UNIQUE,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);

-- Attempts to sign in, the newest of them.
CREATE TABLE attempt (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX attempt_minute ON attempt (minute);

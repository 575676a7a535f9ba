-- What must last: fsynced before it is acknowledged.
--
-- In clear stand only ids, classes and time buckets (minutes since 1970 UTC);
-- content is sealed under the class that the table is named after and the day
-- of the minute.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- A record, or the outcome of the record "of". Never changed.
CREATE TABLE journal (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    of      INTEGER REFERENCES journal (n),
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE UNIQUE INDEX journal_of ON journal (of) WHERE of IS NOT NULL;

-- Records without an outcome.
CREATE TABLE journal_open (n INTEGER PRIMARY KEY REFERENCES journal (n));

-- Every revision of every finding.
CREATE TABLE finding (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL,
    track    INTEGER NOT NULL,
    minute   INTEGER NOT NULL,
    content  BLOB NOT NULL,
    UNIQUE (id, revision)
);
CREATE INDEX finding_track ON finding (track, n);
CREATE INDEX finding_minute ON finding (minute);

-- An alert; its finding is the latest revision of the one with the same id.
CREATE TABLE alert (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    finding TEXT NOT NULL UNIQUE,
    open    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX alert_open ON alert (open, n);

-- Changes of alerts. Never changed. request is the client's id of a decision.
CREATE TABLE alert_change (
    alert   INTEGER NOT NULL REFERENCES alert (n),
    version INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    request TEXT UNIQUE,
    content BLOB NOT NULL,
    PRIMARY KEY (alert, version)
) WITHOUT ROWID;

-- Observations that alerts rest on. Without content until it is copied here
-- from the history; lost when it was not there any more.
CREATE TABLE evidence (
    seq     INTEGER PRIMARY KEY,
    lost    INTEGER NOT NULL DEFAULT 0,
    minute  INTEGER,
    content BLOB
);
CREATE INDEX evidence_wanted ON evidence (seq) WHERE content IS NULL AND lost = 0;

-- Versions of sensors, feeds, areas and assets; officers' decisions on tracks.
CREATE TABLE registry (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    version INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (kind, key, version)
);

-- Versions of people; person numbers count from 1.
CREATE TABLE person (
    person  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (person, version)
) WITHOUT ROWID;

CREATE TABLE enrolment (
    token   BLOB PRIMARY KEY,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    token   BLOB PRIMARY KEY,
    person  INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
) WITHOUT ROWID;

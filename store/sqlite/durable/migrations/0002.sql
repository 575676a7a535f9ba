-- What people write at the desk: cases, reports, tasks, hand-overs. Versions
-- are never changed. request is the client's id of the wish behind a version.
CREATE TABLE document (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    version INTEGER NOT NULL,
    request TEXT UNIQUE,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (kind, id, version)
);

-- The newest version of each.
CREATE TABLE document_last (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    n    INTEGER NOT NULL REFERENCES document (n),
    open INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX document_last_n ON document_last (kind, n);
CREATE INDEX document_last_open ON document_last (kind, n) WHERE open = 1;

-- What documents rest on, beside the observations in evidence: findings, and
-- parts of tracks' pasts, from minute to minute.
CREATE TABLE finding_kept (id TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE track_kept (
    track       INTEGER NOT NULL,
    from_minute INTEGER NOT NULL,
    to_minute   INTEGER NOT NULL,
    minute      INTEGER NOT NULL,
    PRIMARY KEY (track, from_minute, to_minute)
) WITHOUT ROWID;

-- The shift log asks for records by time.
CREATE INDEX journal_minute ON journal (minute) WHERE of IS NULL;

-- Lineages that last.

-- Tracks of which everything is kept from minute to minute, because an alert or
-- a document rests on it. A row goes when all of it is in pinned.
CREATE TABLE pin (
    track       INTEGER NOT NULL,
    from_minute INTEGER NOT NULL,
    to_minute   INTEGER NOT NULL,
    PRIMARY KEY (track, from_minute, to_minute)
) WITHOUT ROWID;

-- What happened to such a track in one minute of receive time, with lineages and
-- observations, copied before its steps were thinned or expired.
CREATE TABLE pinned (
    id      INTEGER PRIMARY KEY,
    track   INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX pinned_at ON pinned (track, minute);

-- What was thinned: dropped of had, in the hour (first second of it), and why.
CREATE TABLE thinned (
    what     TEXT NOT NULL,
    why      TEXT NOT NULL,
    hour     INTEGER NOT NULL,
    from_sec INTEGER NOT NULL,
    to_sec   INTEGER NOT NULL,
    dropped  INTEGER NOT NULL,
    had      INTEGER NOT NULL,
    PRIMARY KEY (what, why, hour)
) WITHOUT ROWID;

-- The history: a rolling window. A power cut may take its last seconds.
--
-- In clear stand only ids, time buckets and counts; content is sealed under
-- its class and the day of its bucket. sec is seconds, minute is minutes
-- since 1970 UTC.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The lists of columns that content was written with.
CREATE TABLE form (
    id      INTEGER PRIMARY KEY,
    columns BLOB NOT NULL
);

-- One row for each step that was kept. head is sealed: when exactly it closed
-- and its sequences.
CREATE TABLE step (
    n        INTEGER PRIMARY KEY,
    sec      INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    thinned  INTEGER NOT NULL DEFAULT 0,
    head     BLOB NOT NULL
);
CREATE INDEX step_sec ON step (sec);
CREATE INDEX step_seq ON step (last_seq);

CREATE TABLE inputs (
    n       INTEGER PRIMARY KEY,
    content BLOB NOT NULL
);

CREATE TABLE events (
    n       INTEGER PRIMARY KEY,
    content BLOB NOT NULL
);

CREATE TABLE keyframe (
    n       INTEGER PRIMARY KEY,
    sec     INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX keyframe_sec ON keyframe (sec);

-- The long history of tracks: the points of one track in one minute (hour = 0)
-- or, thinned, in one hour (hour = 1, minute the first of it). By the time in
-- the world, so that what came late stands where it belongs.
CREATE TABLE chunk (
    id      INTEGER PRIMARY KEY,
    hour    INTEGER NOT NULL,
    minute  INTEGER NOT NULL,
    track   INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX chunk_at ON chunk (hour, minute, track);

-- Tracks whose history an alert rests on: kept from minute to minute.
CREATE TABLE chunk_kept (
    track       INTEGER NOT NULL,
    from_minute INTEGER NOT NULL,
    to_minute   INTEGER NOT NULL,
    PRIMARY KEY (track, from_minute, to_minute)
) WITHOUT ROWID;

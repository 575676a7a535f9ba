-- What entries of the ledger commit to. The root is the entry itself, and
-- public; idx is its place in the log: NULL while it is not known to be there,
-- -1 where it never came there.
CREATE TABLE ledger (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    journal INTEGER REFERENCES journal (n), -- the act's record
    part    INTEGER NOT NULL, -- 0 an act, 1 an outcome, 2 a single record
    root    BLOB NOT NULL UNIQUE,
    idx     INTEGER,
    minute  INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE UNIQUE INDEX ledger_idx ON ledger (idx) WHERE idx >= 0;
CREATE INDEX ledger_owed ON ledger (id) WHERE idx IS NULL;
CREATE INDEX ledger_journal ON ledger (journal) WHERE journal IS NOT NULL;

-- What legal holds keep: copies, sealed under a key of the hold's own. class,
-- minute and number are those of what was copied; form says what it is.
CREATE TABLE held (
    id      INTEGER PRIMARY KEY,
    hold    TEXT NOT NULL,
    class   TEXT NOT NULL,
    form    TEXT NOT NULL,
    minute  INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX held_of ON held (hold, id);

-- What is missing of the past, so that a replay can say so.

-- Times of which no step was kept: n is the first step after it.
CREATE TABLE gap (
    n        INTEGER PRIMARY KEY,
    from_sec INTEGER NOT NULL,
    to_sec   INTEGER NOT NULL
);
INSERT INTO gap (n, from_sec, to_sec)
    SELECT n, last_sec, sec FROM (
        SELECT n, sec, lag(n) OVER w AS last_n, lag(sec) OVER w AS last_sec FROM step WINDOW w AS (ORDER BY n))
    WHERE n > last_n + 1 OR sec > last_sec + 2;

-- The step through which events and inputs are not all there any more.
INSERT INTO meta (key, value)
    SELECT 'events_gone', coalesce(max(n), 0) FROM step WHERE n < (SELECT min(n) FROM events);
INSERT INTO meta (key, value)
    SELECT 'inputs_gone', coalesce(max(n), 0) FROM step WHERE thinned = 1 OR n < (SELECT min(n) FROM inputs);

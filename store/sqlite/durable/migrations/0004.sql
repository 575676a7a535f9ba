-- Replays ask what happened when.
CREATE INDEX alert_minute ON alert (minute, n);
CREATE INDEX alert_change_minute ON alert_change (minute);

-- What an alert is: alert, notice or health. Those from before were alerts.
ALTER TABLE alert ADD COLUMN kind TEXT NOT NULL DEFAULT 'alert';
DROP INDEX alert_open;
CREATE INDEX alert_open ON alert (open, kind, n);

-- The alert that stands for a finding, and whether the finding waits to be
-- told.
ALTER TABLE finding ADD COLUMN alert TEXT;
ALTER TABLE finding ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
CREATE INDEX finding_waits ON finding (n) WHERE waits = 1;

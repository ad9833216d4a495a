-- Whose reading gave an alert as it is, and whose no longer gave it: analysts may read
-- one log with different rules. Rows of older versions do not know.
ALTER TABLE alerts ADD COLUMN given_by TEXT;
ALTER TABLE alerts ADD COLUMN withdrawn_by TEXT;
CREATE INDEX alerts_withdrawn ON alerts (withdrawn) WHERE withdrawn IS NOT NULL;

-- When a reading of the same logs no longer gave an alert; NULL while it does.
ALTER TABLE alerts ADD COLUMN withdrawn INTEGER;

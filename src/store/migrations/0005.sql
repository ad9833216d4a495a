-- Whether people gave the year from which missing ones were inferred, or the log did.
-- Sources of older versions do not know.
ALTER TABLE sources ADD COLUMN year_given INTEGER;

-- What a reading noted of a log, and the rules that were in force, have a digest each, as
-- in an export: who changes a count, a path or a title here is found (`cases verify`).
-- The program fills them in for the rows that are there.
ALTER TABLE sources ADD COLUMN digest TEXT;
ALTER TABLE rules ADD COLUMN digest TEXT;

-- A log that is rotated while it is followed is several parts, each a source with
-- hash, size and counts of its own: `log` is the row of the first (NULL in itself),
-- `part` counts on from 0. Places in a part are places in its file. Logs that older
-- versions followed across a rotation stay one source, with places that count on.
ALTER TABLE sources ADD COLUMN log INTEGER REFERENCES sources (id);
ALTER TABLE sources ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sources_by_path ON sources (path, id);
-- The alerts of one part, when others of its log are read.
CREATE INDEX evidence_by_source ON evidence (source);
CREATE INDEX sources_by_log ON sources (coalesce(log, id));

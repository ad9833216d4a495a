-- What people made of the logs: alerts with the human state beside them,
-- evidence copies, cases, and the log of operations that all of it rests on.
-- Times are microseconds of UTC since 1970; severities 0 (info) to 4 (critical).

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for one content under one name. `time_ref` is the reference from
-- which missing years were inferred, so that a copy gives the same alerts.
CREATE TABLE sources (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  path        TEXT,
  format      TEXT NOT NULL,
  timezone    TEXT NOT NULL,
  time_ref    INTEGER,
  sha256      TEXT,
  size        INTEGER,
  lines       INTEGER,
  records     INTEGER,
  complete    INTEGER NOT NULL DEFAULT 0,
  first_seen  INTEGER NOT NULL,
  UNIQUE (name, fingerprint)
) STRICT;

-- How far a followed source has been read.
CREATE TABLE offsets (
  source   INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  line     INTEGER NOT NULL,
  updated  INTEGER NOT NULL
) STRICT;

-- Rule texts that were in force.
CREATE TABLE rules (
  id         TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  title      TEXT NOT NULL,
  version    TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (id, sha256)
) STRICT, WITHOUT ROWID;

-- Records that an alert rests on or a person marked. `key` names the record by
-- content and offset, so it is the same in a copy of the log.
CREATE TABLE evidence (
  key       TEXT PRIMARY KEY,
  source    INTEGER REFERENCES sources (id),
  offset    INTEGER NOT NULL,
  length    INTEGER NOT NULL,
  line      INTEGER NOT NULL,
  time      INTEGER,
  raw       BLOB,
  sha256    TEXT,
  marked_by TEXT,
  marked_at INTEGER
) STRICT;
CREATE INDEX evidence_marked ON evidence (marked_at) WHERE marked_at IS NOT NULL;

CREATE TABLE alerts (
  id          TEXT PRIMARY KEY,
  revision    INTEGER NOT NULL,
  state       TEXT NOT NULL,
  rule        TEXT NOT NULL,
  rule_id     TEXT NOT NULL,
  rule_sha256 TEXT,
  rule_type   TEXT NOT NULL,
  severity    INTEGER NOT NULL,
  score       REAL NOT NULL,
  confidence  REAL NOT NULL,
  timestamp   INTEGER,
  last        INTEGER,
  entity      TEXT NOT NULL,
  src_ip      TEXT,
  user        TEXT,
  host        TEXT,
  count       INTEGER NOT NULL,
  dedup_key   TEXT NOT NULL,
  message     TEXT NOT NULL,
  doc         TEXT NOT NULL,
  ingested    INTEGER NOT NULL,
  updated     INTEGER NOT NULL,
  -- human state: only operations write it, ingest never does
  status      TEXT NOT NULL DEFAULT 'new',
  verdict     TEXT,
  reason      TEXT,
  snoozed_until INTEGER,
  decided_by  TEXT,
  decided_at  INTEGER,
  decided_revision INTEGER
) STRICT;
CREATE INDEX alerts_by_score ON alerts (score DESC, last DESC, id);
CREATE INDEX alerts_by_rule ON alerts (rule_id);

CREATE TABLE alert_evidence (
  alert TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  n     INTEGER NOT NULL,
  event TEXT NOT NULL REFERENCES evidence (key),
  PRIMARY KEY (alert, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_evidence_by_event ON alert_evidence (event);

CREATE TABLE cases (
  id         TEXT PRIMARY KEY,
  uid        TEXT NOT NULL UNIQUE,
  title      TEXT NOT NULL,
  state      TEXT NOT NULL,
  resolution TEXT,
  severity   INTEGER NOT NULL,
  assignee   TEXT,
  opened     INTEGER NOT NULL,
  opened_by  TEXT NOT NULL,
  closed     INTEGER,
  withdrawn  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `item` is `alert:ID` or `event:KEY`.
CREATE TABLE case_items (
  case_id  TEXT NOT NULL REFERENCES cases (id),
  item     TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (case_id, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_items_by_item ON case_items (item);

-- `target` is `alert:ID`, `case:ID` or `event:KEY`.
CREATE TABLE tags (
  target   TEXT NOT NULL,
  tag      TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (target, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag);

CREATE TABLE notes (
  id     TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  text   TEXT NOT NULL,
  writer TEXT NOT NULL,
  time   INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_by_target ON notes (target, time);

-- Every human change, in the order in which this database took it. `base` is
-- the position up to which its writer had seen the log. One hash chain for
-- each writer: hash = SHA-256 of {body, prev, seq, writer}, body = SHA-256 of
-- the content, both over canonical JSON, so that a chain can be followed where
-- a content is withheld.
CREATE TABLE ops (
  pos     INTEGER PRIMARY KEY AUTOINCREMENT,
  id      TEXT NOT NULL UNIQUE,
  action  TEXT NOT NULL,
  writer  TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  base    INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  target  TEXT NOT NULL,
  payload TEXT NOT NULL,
  time    INTEGER NOT NULL,
  undoes  TEXT REFERENCES ops (id),
  prev    TEXT NOT NULL,
  body    TEXT NOT NULL,
  hash    TEXT NOT NULL,
  UNIQUE (writer, seq)
) STRICT;
CREATE INDEX ops_by_target ON ops (target, pos);
CREATE INDEX ops_by_action ON ops (action);
CREATE UNIQUE INDEX ops_by_undoes ON ops (undoes) WHERE undoes IS NOT NULL;

CREATE TRIGGER ops_are_not_changed BEFORE UPDATE ON ops
BEGIN SELECT RAISE(ABORT, 'operations are only appended'); END;
CREATE TRIGGER ops_are_not_removed BEFORE DELETE ON ops
BEGIN SELECT RAISE(ABORT, 'operations are only appended'); END;

/** The schema of `hot.sqlite`, as numbered steps. A step that has shipped is never edited: add one. */

/**
 * Tables with bodies keep SQLite's own row order: measured with 1,000 devices, events WITHOUT ROWID are written at two
 * thirds of the speed, because every device then dirties its own half-empty page in every batch.
 */
const VERSION_1 = `
CREATE TABLE events (
  device_id TEXT NOT NULL,
  ts INTEGER NOT NULL,
  ord TEXT NOT NULL,
  device_type TEXT NOT NULL,
  origin TEXT NOT NULL,
  event_type TEXT NOT NULL,
  location TEXT,
  identity TEXT NOT NULL,
  reported_timestamp REAL NOT NULL,
  received_at INTEGER NOT NULL,
  time_quality TEXT NOT NULL,
  applied INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  late INTEGER,
  retracted INTEGER,
  supersedes TEXT,
  ttl INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (device_id, ts, ord)
) STRICT;
CREATE INDEX events_by_location ON events (location, ts, ord, device_id) WHERE location IS NOT NULL;
-- What was decided or configured is a few among many readings: found without walking past them.
CREATE INDEX events_decided ON events (device_id, origin, ts, ord) WHERE origin <> 'device';
CREATE INDEX events_decided_by_location ON events (location, origin, ts, ord, device_id)
  WHERE origin <> 'device' AND location IS NOT NULL;

CREATE TABLE summaries (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  location TEXT,
  started_at INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  retracted INTEGER,
  superseded_by TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX summaries_by_device ON summaries (kind, device_id, started_at, id);
CREATE INDEX summaries_by_location ON summaries (kind, location, started_at, id) WHERE location IS NOT NULL;
CREATE INDEX summaries_by_time ON summaries (kind, started_at, id);

CREATE TABLE aliases (
  kind TEXT NOT NULL,
  alias TEXT NOT NULL,
  target TEXT NOT NULL,
  device_id TEXT NOT NULL,
  applied INTEGER NOT NULL,
  PRIMARY KEY (kind, alias, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
  device_id TEXT NOT NULL,
  identity TEXT NOT NULL,
  ts INTEGER NOT NULL,
  ord TEXT NOT NULL,
  applied INTEGER NOT NULL,
  ttl INTEGER NOT NULL,
  PRIMARY KEY (device_id, identity)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  device_id TEXT NOT NULL,
  ts INTEGER NOT NULL,
  ord TEXT NOT NULL,
  applied INTEGER NOT NULL,
  state TEXT NOT NULL,
  ttl INTEGER,
  PRIMARY KEY (device_id, ts, ord)
) STRICT;

CREATE TABLE config (
  device_id TEXT NOT NULL,
  effective_from INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  identity TEXT NOT NULL,
  applied INTEGER NOT NULL,
  config TEXT NOT NULL,
  PRIMARY KEY (device_id, effective_from, written_at, identity)
) STRICT;

CREATE TABLE states (
  device_id TEXT NOT NULL PRIMARY KEY,
  device_type TEXT NOT NULL,
  location TEXT,
  version INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  next_due INTEGER,
  last_received_at INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX states_due ON states (next_due, device_id) WHERE next_due IS NOT NULL;

CREATE TABLE quarantine (
  position TEXT NOT NULL PRIMARY KEY,
  received_at INTEGER NOT NULL,
  topic TEXT NOT NULL,
  device_id TEXT,
  reason TEXT NOT NULL,
  payload_base64 TEXT NOT NULL
) STRICT;

CREATE TABLE positions (consumer TEXT NOT NULL PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Counting rows would walk the whole table. A row that is overwritten fires none of these.
CREATE TABLE counts (name TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counts VALUES ('devices', 0), ('quarantined', 0);
CREATE TRIGGER device_counted AFTER INSERT ON states
  BEGIN UPDATE counts SET n = n + 1 WHERE name = 'devices'; END;
CREATE TRIGGER device_uncounted AFTER DELETE ON states
  BEGIN UPDATE counts SET n = n - 1 WHERE name = 'devices'; END;
CREATE TRIGGER quarantined_counted AFTER INSERT ON quarantine
  BEGIN UPDATE counts SET n = n + 1 WHERE name = 'quarantined'; END;
CREATE TRIGGER quarantined_uncounted AFTER DELETE ON quarantine
  BEGIN UPDATE counts SET n = n - 1 WHERE name = 'quarantined'; END;
`

/** What repairs need; older rows came in by the record that last wrote them. What was late is repaired, and not marked. */
const VERSION_2 = `
ALTER TABLE events DROP COLUMN late;
ALTER TABLE events ADD COLUMN entered INTEGER;
ALTER TABLE events ADD COLUMN because TEXT;
ALTER TABLE summaries ADD COLUMN because TEXT;
ALTER TABLE aliases ADD COLUMN retracted INTEGER;
ALTER TABLE checkpoints ADD COLUMN retracted INTEGER;
`

/** What came too late to be folded is listed among the things, and kept for a year. */
const VERSION_3 = 'ALTER TABLE summaries ADD COLUMN ttl INTEGER;'

/** What the fleet is counted by, of the states that there are: how often edges were taken, nobody has noted of them. */
const VERSION_4 = `
ALTER TABLE states ADD COLUMN standing TEXT;
CREATE INDEX states_by_type ON states (device_type, device_id) WHERE standing IS NOT NULL;
UPDATE states SET standing = (
  SELECT json_group_object(one.key, json_object(
    'chart', one.value ->> 'chart', 'version', one.value ->> 'version',
    'value', one.value -> 'value', 'since', one.value ->> 'since'
  )) FROM json_each(states.state, '$.instances') AS one
) WHERE json_type(state, '$.instances') = 'object' AND json_extract(state, '$.instances') <> '{}';
`

export const HOT_MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4]

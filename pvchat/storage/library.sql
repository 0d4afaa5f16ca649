-- The tables of a library of videos (library.py): what was seen in them, strangers, cameras and their events.
CREATE TABLE sources(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, place TEXT NOT NULL, camera TEXT);
CREATE TABLE people(
  id INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, version TEXT NOT NULL,
  voice INTEGER NOT NULL DEFAULT 0);
CREATE TABLE clips(
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version TEXT NOT NULL, recorded TEXT NOT NULL,
  dated_by TEXT NOT NULL, seconds REAL NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, stage TEXT NOT NULL,
  long INTEGER NOT NULL,
  times BLOB NOT NULL, frame BLOB NOT NULL, scene BLOB NOT NULL, sound BLOB, timeline BLOB,
  stale INTEGER NOT NULL DEFAULT 1);
CREATE INDEX clips_recorded ON clips(recorded);
CREATE INDEX clips_stale ON clips(stale) WHERE stale;
CREATE TABLE files(
  path TEXT PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE, bytes INTEGER NOT NULL,
  changed INTEGER NOT NULL, clip INTEGER REFERENCES clips ON DELETE SET NULL, problem TEXT NOT NULL DEFAULT '');
CREATE INDEX files_clip ON files(clip);
CREATE INDEX files_source ON files(source);
CREATE TABLE shots(
  clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, start REAL NOT NULL, "end" REAL NOT NULL,
  PRIMARY KEY(clip, start, "end")) WITHOUT ROWID;
-- A track's number is never given to another: log-odds go by it.
CREATE TABLE tracks(
  id INTEGER PRIMARY KEY AUTOINCREMENT, clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE,
  number INTEGER NOT NULL, kind TEXT NOT NULL, covered INTEGER NOT NULL, masked INTEGER NOT NULL,
  start REAL NOT NULL, "end" REAL NOT NULL, facts BLOB NOT NULL, seen BLOB NOT NULL,
  sightings BLOB NOT NULL, identity BLOB NOT NULL, prints BLOB NOT NULL, looks BLOB NOT NULL);
CREATE INDEX tracks_clip ON tracks(clip, number);
CREATE TABLE middles(
  track INTEGER PRIMARY KEY REFERENCES tracks ON DELETE CASCADE, clip INTEGER NOT NULL, middle BLOB NOT NULL);
CREATE TABLE appearances(
  who INTEGER NOT NULL, clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, decision TEXT NOT NULL,
  probability REAL NOT NULL, tracks TEXT NOT NULL, x REAL, y REAL, height REAL, "like" INTEGER,
  PRIMARY KEY(who, clip)) WITHOUT ROWID;
CREATE INDEX appearances_clip ON appearances(clip);
CREATE TABLE facts(
  clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, number INTEGER NOT NULL, who INTEGER NOT NULL,
  attribute TEXT NOT NULL, value TEXT NOT NULL, colour TEXT NOT NULL, of TEXT NOT NULL, other INTEGER,
  start REAL NOT NULL, "end" REAL NOT NULL, probability REAL NOT NULL, holds INTEGER NOT NULL,
  PRIMARY KEY(clip, number)) WITHOUT ROWID;
-- Who is likely on which track (library/odds.py): everyone's log-odds on 256 tracks a row; and what competition in a
-- clip was decided by (library/decisions.py).
CREATE TABLE odds(
  block INTEGER NOT NULL, who INTEGER NOT NULL, odds BLOB NOT NULL, PRIMARY KEY(block, who));
CREATE TABLE contests(
  clip INTEGER PRIMARY KEY REFERENCES clips ON DELETE CASCADE, tracks BLOB NOT NULL, best BLOB NOT NULL,
  cost REAL NOT NULL, drawn INTEGER NOT NULL, people INTEGER NOT NULL, together BLOB NOT NULL);
CREATE TABLE model(version TEXT NOT NULL);  -- which compared and decided
CREATE TRIGGER track_gone AFTER DELETE ON tracks BEGIN
  DELETE FROM contests WHERE clip = old.clip;
  UPDATE clips SET stale = 1 WHERE id = old.clip;
  DELETE FROM odds WHERE block = old.id / 256
    AND NOT EXISTS (SELECT 1 FROM tracks WHERE id BETWEEN old.id / 256 * 256 AND old.id / 256 * 256 + 255);
END;
CREATE TRIGGER odds_gone BEFORE DELETE ON people BEGIN
  DELETE FROM odds WHERE who = old.id;
END;
CREATE INDEX facts_speaks ON facts(who, clip) WHERE attribute = 'speaks';
CREATE INDEX facts_says ON facts(clip, value) WHERE attribute = 'says';
CREATE VIEW places_of_people(who, clip) AS
  SELECT who, clip FROM appearances UNION SELECT who, clip FROM facts WHERE attribute = 'speaks' AND who > 0;
CREATE TRIGGER person_gone BEFORE DELETE ON people BEGIN
  -- with one voice less another may be the only one that is like what is heard
  UPDATE clips SET stale = 1 WHERE id IN (SELECT clip FROM facts WHERE attribute = 'speaks' AND (old.voice OR who = old.id));
  UPDATE clips SET stale = 2 WHERE NOT stale AND id IN (SELECT clip FROM appearances WHERE who = old.id);
  DELETE FROM facts WHERE clip IN (SELECT clip FROM places_of_people WHERE who = old.id)
    AND (who = old.id OR other = old.id);
  DELETE FROM appearances WHERE who = old.id;
END;
-- Strangers (library/inbox.py): who is in one group, and what the user did about them.
CREATE TABLE groups(
  id INTEGER PRIMARY KEY AUTOINCREMENT, ignored INTEGER NOT NULL DEFAULT 0, ref TEXT NOT NULL DEFAULT '');
CREATE TABLE members(
  track INTEGER PRIMARY KEY REFERENCES tracks ON DELETE CASCADE, "group" INTEGER, said INTEGER NOT NULL DEFAULT 0);
CREATE INDEX members_group ON members("group");
CREATE TABLE acts(
  id INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL, "group" INTEGER NOT NULL, ref TEXT NOT NULL DEFAULT '',
  version TEXT NOT NULL DEFAULT '', count INTEGER NOT NULL DEFAULT 0);
CREATE TABLE members_before(
  act INTEGER NOT NULL REFERENCES acts ON DELETE CASCADE, track INTEGER NOT NULL REFERENCES tracks ON DELETE CASCADE,
  "group" INTEGER NOT NULL, said INTEGER NOT NULL, PRIMARY KEY(act, track)) WITHOUT ROWID;
CREATE TRIGGER group_gone AFTER DELETE ON members
  WHEN NOT EXISTS (SELECT 1 FROM members WHERE "group" = old."group") BEGIN
  DELETE FROM groups WHERE id = old."group";
  DELETE FROM acts WHERE "group" = old."group";
END;
-- What cameras saw, and who is told of it: library/live/
CREATE TABLE events(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, source INTEGER NOT NULL REFERENCES sources
  ON DELETE CASCADE, kind TEXT NOT NULL, ref TEXT NOT NULL, at TEXT NOT NULL, probability REAL NOT NULL,
  clip TEXT NOT NULL, second REAL NOT NULL);
CREATE TABLE rules(
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ref TEXT NOT NULL, sources TEXT NOT NULL,
  hours TEXT NOT NULL, least REAL NOT NULL, quiet_s REAL NOT NULL, target TEXT NOT NULL, secret TEXT NOT NULL);
CREATE TABLE deliveries(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, event INTEGER NOT NULL REFERENCES events
  ON DELETE CASCADE, rule INTEGER NOT NULL REFERENCES rules ON DELETE CASCADE, state TEXT NOT NULL, made REAL NOT NULL,
  due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX deliveries_due ON deliveries(due) WHERE state = 'waiting';
CREATE INDEX deliveries_event ON deliveries(event);
CREATE INDEX deliveries_rule ON deliveries(rule);
CREATE TABLE attempts(
  delivery INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE, at REAL NOT NULL, outcome TEXT NOT NULL);
CREATE INDEX attempts_delivery ON attempts(delivery);
-- Rules that brokers are still to be told are gone.
CREATE TABLE withdrawn(rule INTEGER PRIMARY KEY, target TEXT NOT NULL);
CREATE TRIGGER rule_gone AFTER DELETE ON rules WHEN old.target LIKE 'mqtt%' BEGIN
  INSERT OR IGNORE INTO withdrawn VALUES (old.id, old.target);
END;

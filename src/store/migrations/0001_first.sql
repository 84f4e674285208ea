-- The store's first schema, version 1 of everything in it. Portable: only TEXT, BIGINT, DOUBLE PRECISION and BYTEA, so that SQLite
-- and PostgreSQL take the same file. Times are milliseconds since 1970 (`_ms`), days are `YYYY-MM-DD`, truth is 0 or 1.
-- Every BYTEA that is not a hash begins with a byte, every JSON with a number and a blank, that say the version of its form:
-- `form.rs` lists the forms. Once it is released this file is never changed: what comes later is a file of its own.
-- `counters.changes` grows with writes to tenants, days, profiles and keys, and of what comes after `counters` with annotations only.

-- One row per tenant. `version` grows with every save that changes what an answer may rest on.
CREATE TABLE tenants (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  imported BIGINT NOT NULL,  -- 1: made by an import, and named by no configuration so far
  entra_id TEXT,             -- azureTenantId, lower case; NULL until the first data that names it
  version BIGINT NOT NULL,
  read_ms BIGINT,            -- the last successful reading of Graph; imports do not count
  catalogue_day TEXT,        -- the newest day of the last reading of Graph that brought a catalogue
  catalogue_bytes BIGINT NOT NULL
);

-- What every day of a tenant repeats (control names, categories, wordings), many to a row.
-- Ids are dense from 0; a row holds those from `first_id` up to the next row's.
CREATE TABLE dictionary (
  tenant BIGINT NOT NULL REFERENCES tenants (id),
  first_id BIGINT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (tenant, first_id)
);

-- One row per tenant and day.
CREATE TABLE snapshots (
  tenant BIGINT NOT NULL REFERENCES tenants (id),
  day TEXT NOT NULL,
  points DOUBLE PRECISION NOT NULL,
  maximum DOUBLE PRECISION,
  rich BIGINT NOT NULL,      -- 1: carries evidence
  final BIGINT NOT NULL,     -- 1: Graph has nothing newer to say about it
  live BIGINT NOT NULL,      -- 1: Graph itself said it, no file
  created_ms BIGINT,         -- createdDateTime, where it is another moment than the day's first
  id_day TEXT,               -- the day that its id names, where that is another
  sent_bytes BIGINT NOT NULL,
  read_ms BIGINT NOT NULL,   -- the reading that last changed it
  packed BYTEA NOT NULL,     -- everything else, with indices into `dictionary`
  entries BYTEA,             -- all that was said of it, of which it is made; NULL where that is this row alone
  PRIMARY KEY (tenant, day)
);

-- Texts that are the same for all tenants, once, by SHA-256 of their content.
CREATE TABLE texts (
  hash BYTEA NOT NULL PRIMARY KEY,
  body BYTEA NOT NULL
);

-- Every profile ever seen for a tenant.
CREATE TABLE profiles (
  tenant BIGINT NOT NULL REFERENCES tenants (id),
  control TEXT NOT NULL,
  text_hash BYTEA NOT NULL REFERENCES texts (hash),
  own BYTEA NOT NULL,        -- what differs between tenants: maximum, rank, state updates
  live BIGINT NOT NULL,      -- 1: Graph itself said it, no file
  last_seen TEXT,            -- NULL: Graph has it, as far as we know; else the day until which it had
  PRIMARY KEY (tenant, control)
);

-- What a control is for, in Graph's words.
CREATE TABLE descriptions (
  tenant BIGINT NOT NULL REFERENCES tenants (id),
  control TEXT NOT NULL,
  text_hash BYTEA NOT NULL REFERENCES texts (hash),
  live BIGINT NOT NULL,      -- 1: Graph itself said it, no file
  day TEXT NOT NULL,         -- the day with whose scores it came
  PRIMARY KEY (tenant, control)
);

-- API keys; the key itself is never stored.
CREATE TABLE keys (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  sha256 BYTEA NOT NULL UNIQUE,
  role TEXT NOT NULL,
  tenants TEXT NOT NULL,     -- names between commas, or `*` for all
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT,
  revoked_ms BIGINT
);

-- Who does which piece of work now. `fence` grows whenever a lease changes hands.
CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  fence BIGINT NOT NULL
);

-- `changes` grows with every write that a running server must notice.
CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('changes', 0);

-- Who asked what, and what it came to: one row per day (UTC), skill, surface and caller. Rows only grow,
-- by any number of processes at once, and go after 400 days.
CREATE TABLE usage (
  day TEXT NOT NULL,
  skill TEXT NOT NULL,
  surface TEXT NOT NULL,
  caller TEXT NOT NULL,
  calls BIGINT NOT NULL,       -- answered or refused
  remembered BIGINT NOT NULL,  -- answered with what was made for an earlier call
  refused BIGINT NOT NULL,
  bytes_out BIGINT NOT NULL,
  graph_bytes BIGINT NOT NULL, -- what Graph sent for the same facts
  PRIMARY KEY (day, skill, surface, caller)
);

-- Questions that answers lead on to (a next page, a row's control), so that a button needs to carry an id only. They
-- go when nobody used them for a while.
CREATE TABLE saved_questions (
  id TEXT NOT NULL PRIMARY KEY,      -- the first 96 bits of the SHA-256 of `question`, base64url
  question TEXT NOT NULL,            -- JSON: [skill, tenant or null, [[argument, value], ...]]
  until_ms BIGINT NOT NULL
);
CREATE INDEX saved_questions_until ON saved_questions (until_ms);

-- Where nothing is posted any more until somebody says so: a channel that is gone, a token that is refused.
CREATE TABLE stopped_destinations (
  destination TEXT NOT NULL PRIMARY KEY,
  since_ms BIGINT NOT NULL,
  why TEXT NOT NULL
);

-- What people add to a control on our side. A change moves its tenant's version, because answers rest on it. A row without anything is removed.
CREATE TABLE annotations (
  tenant BIGINT NOT NULL REFERENCES tenants (id),
  control TEXT NOT NULL,
  owner TEXT,
  until_day TEXT,
  note TEXT,
  status TEXT,                       -- planned, in_progress
  changed_ms BIGINT NOT NULL,
  changed_by TEXT NOT NULL,          -- an asker's name
  PRIMARY KEY (tenant, control)
);

-- Who changed what, when. Rows are only added; the oldest go when there are very many.
CREATE TABLE audit (
  number BIGINT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  asker TEXT NOT NULL,               -- an asker's id
  what TEXT NOT NULL,                -- note, digest.add, digest.pause, snooze, ...
  tenant TEXT,                       -- a tenant's name, where it is about one
  subject TEXT NOT NULL,             -- a control, a digest, a destination
  detail TEXT NOT NULL               -- JSON: what it was and what it became
);
CREATE INDEX audit_tenant ON audit (tenant, number);

-- Digests that were defined in a chat; those of the configuration are not written here.
CREATE TABLE digest_definitions (
  name TEXT NOT NULL PRIMARY KEY,
  definition TEXT NOT NULL,          -- JSON
  owner TEXT NOT NULL,               -- an asker's id
  made_ms BIGINT NOT NULL
);

-- How far each digest is, wherever it was defined.
CREATE TABLE digest_runs (
  name TEXT NOT NULL PRIMARY KEY,
  due_ms BIGINT NOT NULL,            -- the newest moment at which it was due and was made, or since which it is known
  seen_ms BIGINT NOT NULL,           -- when a process last knew it, to the hour
  made BIGINT NOT NULL,              -- how many were made, so that two never tell the same
  calendar TEXT NOT NULL,            -- when it is due, in words: others begin anew
  covered TEXT NOT NULL,             -- JSON: the newest day that it told, by tenant
  told TEXT NOT NULL,                -- JSON: the numbers and decisions that it told, by tenant
  before TEXT NOT NULL,              -- JSON: the same before its last delivery, which may come to nothing
  delivery TEXT,                     -- the id of that delivery
  paused_ms BIGINT,
  stopped TEXT                       -- why it was stopped by itself, in a sentence
);

-- What each rule of alerts remembers of a tenant as a whole; written once a day at least, as long as it is watched.
CREATE TABLE alert_rules (
  rule TEXT NOT NULL,
  tenant TEXT NOT NULL,
  state TEXT NOT NULL,               -- JSON
  changed_ms BIGINT NOT NULL,
  PRIMARY KEY (rule, tenant)
);
CREATE INDEX alert_rules_tenant ON alert_rules (tenant);

-- What each rule found, until it is resolved and that was told.
CREATE TABLE alert_findings (
  rule TEXT NOT NULL,
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,             -- a control, or what else the rule is about
  state TEXT NOT NULL,               -- JSON
  PRIMARY KEY (rule, tenant, subject)
);
CREATE INDEX alert_findings_tenant ON alert_findings (tenant);

-- What nobody wants to hear of for a while.
CREATE TABLE snoozes (
  tenant TEXT NOT NULL,
  control TEXT NOT NULL,             -- empty for what is about no control
  kind TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  reason TEXT NOT NULL,
  by_whom TEXT NOT NULL,             -- an asker's name
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant, control, kind)
);
CREATE INDEX snoozes_until ON snoozes (until_ms);

-- Why tenants could not be read the last time. No row where it went well.
CREATE TABLE read_failures (
  tenant TEXT NOT NULL PRIMARY KEY,
  sign_in BIGINT NOT NULL,           -- 1: Microsoft did not let us in
  shared TEXT,                       -- what it has in common with other tenants' failures
  sentence TEXT NOT NULL,
  since_ms BIGINT NOT NULL
);

-- One card for one destination each, until it is out, and for a while after that.
CREATE TABLE outbox (
  id TEXT NOT NULL PRIMARY KEY,      -- follows from the six below
  tenants TEXT NOT NULL,             -- names, sorted, between commas
  kind TEXT NOT NULL,                -- digest, alert, recovery, notice
  maker TEXT NOT NULL,               -- the digest; the rules, sorted, between commas; of a notice, what sort of thing it is about
  subject TEXT NOT NULL,             -- what an alert or a notice is about; empty: several, or nothing
  period TEXT NOT NULL,
  destination TEXT NOT NULL,
  title TEXT NOT NULL,               -- of the card, in a line
  names BIGINT NOT NULL,             -- 1: it shows names of people
  made_ms BIGINT NOT NULL,
  state TEXT NOT NULL,               -- waiting, sent, failed, withheld, replaced
  next_ms BIGINT NOT NULL,           -- when it may be tried
  deadline_ms BIGINT NOT NULL,       -- when it is given up
  tries BIGINT NOT NULL,
  holder TEXT,                       -- who sends it now
  lease_ms BIGINT NOT NULL,          -- until when
  fence BIGINT NOT NULL,             -- grows with every claim
  why TEXT,                          -- what went wrong last, in a sentence
  sent_ms BIGINT,
  message TEXT,                      -- what the platform calls the message
  meant_for TEXT,                    -- the destination in whose place another one gets it
  post TEXT NOT NULL,              -- JSON: the card and what goes with it; empty a while after it is over. Wide, so it comes last
  UNIQUE (tenants, kind, maker, subject, period, destination)
);
CREATE INDEX outbox_next ON outbox (state, next_ms, made_ms, id);        -- what is due, in order
CREATE INDEX outbox_state ON outbox (state, made_ms, id);                -- lists of one state
CREATE INDEX outbox_made ON outbox (made_ms, id);                        -- lists, and what is old
CREATE INDEX outbox_posts ON outbox (made_ms) WHERE post <> '';      -- posts that are old
CREATE INDEX outbox_meant ON outbox (meant_for) WHERE meant_for IS NOT NULL; -- what a fallback took

-- Destinations that take nothing at the moment. No row where the last try went well.
CREATE TABLE outages (
  destination TEXT NOT NULL PRIMARY KEY,
  since_ms BIGINT NOT NULL,          -- the first try that failed
  last_ms BIGINT NOT NULL,           -- the newest
  next_ms BIGINT NOT NULL,           -- when the next is planned
  held_ms BIGINT NOT NULL,           -- until when it asked to be left alone
  refused_ms BIGINT,                 -- since when it says that it takes nothing any more
  refusals BIGINT NOT NULL,          -- how often in a row
  why TEXT NOT NULL,                 -- what went wrong last, in a sentence
  told_ms BIGINT                     -- when the operator was told
);

-- When each worker last did its round, in whichever process.
CREATE TABLE heartbeats (
  worker TEXT NOT NULL PRIMARY KEY,  -- digest, alert, deliver
  at_ms BIGINT NOT NULL
);

-- What we sign our own addresses with.
CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  secret BYTEA NOT NULL              -- format byte 1, then 32 bytes of chance
);

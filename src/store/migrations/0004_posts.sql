-- What happens without being asked for, and what people add. Like `usage`, none of it but `annotations` is part of
-- `counters.changes`; a change of an annotation also moves its tenant's version, because answers rest on it.

-- What people add to a control on our side. A row without anything is removed.
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

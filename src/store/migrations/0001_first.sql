-- The store's first schema. Portable: only TEXT, BIGINT, DOUBLE PRECISION and BYTEA, so that SQLite
-- and PostgreSQL take the same file. Times are milliseconds since 1970 (`_ms`), days are `YYYY-MM-DD`,
-- truth is 0 or 1. Every BYTEA that is not a hash begins with a byte that names its format.

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

-- Who asked what, and what it came to: one row per day (UTC), skill, surface and caller. Rows only grow,
-- by any number of processes at once, and go after 400 days. They are no part of `counters.changes`.
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

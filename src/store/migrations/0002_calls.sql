-- Calls of chat platforms that were carried out, for as long as each could come again: none is carried out twice, also after a restart
-- and by another process on this store.
CREATE TABLE calls (
  platform TEXT NOT NULL,
  mark BYTEA NOT NULL,       -- what tells the call from all others of its platform, as the platform's surface says
  until_ms BIGINT NOT NULL,  -- from then on the surface refuses it for its age
  PRIMARY KEY (platform, mark)
);

CREATE INDEX calls_by_until ON calls (until_ms);

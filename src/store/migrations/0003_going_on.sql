-- Questions that answers lead on to (a next page, a row's control), so that a button needs to carry an id only. They
-- go when nobody used them for a while. Like `usage`, neither table is part of `counters.changes`.
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

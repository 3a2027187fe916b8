-- The key that signs consistency tokens and cursors, the same on all shards of an installation. Not in atlas.shard, because the
-- change capture of that table would carry the key to every subscriber.
CREATE TABLE atlas.signing_key (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  key bytea NOT NULL CHECK (octet_length(key) = 32)
);

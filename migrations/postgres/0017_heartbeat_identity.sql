-- A change of the heartbeat carries the one that it replaces, so that whoever reads changes from a topic notices that one is missing.
ALTER TABLE atlas.shard REPLICA IDENTITY FULL;

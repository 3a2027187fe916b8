-- What the ids of entities are derived with, of an attribute that is unique within its entity types; null: it is not. A secret: whoever
-- knows it can tell from an id whether it is that of a value. It never changes.
-- A shard that gets the column after the home cannot apply new definitions until then; its subscription retries.
ALTER TABLE atlas.attribute_definition ADD COLUMN key_salt uuid;

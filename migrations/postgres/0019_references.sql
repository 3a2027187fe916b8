-- A reference is stored like a text: the digits of an entity's id.
-- A shard that gets the type after the home cannot apply definitions of it until then; its subscription retries.
ALTER TABLE atlas.attribute_definition DROP CONSTRAINT attribute_definition_type_check;
ALTER TABLE atlas.attribute_definition ADD CONSTRAINT attribute_definition_type_check
  CHECK (type IN ('TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON', 'REFERENCE'));

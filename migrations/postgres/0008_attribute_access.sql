-- Which roles may read and write an attribute: {"read": ["hr"], "write": ["payroll"]}. A member that is absent does not restrict.
-- A shard that gets the column after the home cannot apply new definitions until then; its subscription retries.
ALTER TABLE atlas.attribute_definition ADD COLUMN access jsonb NOT NULL DEFAULT '{}';

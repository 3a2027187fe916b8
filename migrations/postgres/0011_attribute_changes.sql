-- How often a caller has changed the definition, by which two who change it at once notice each other.
-- A shard that gets the column after the home cannot apply new definitions until then; its subscription retries.
ALTER TABLE atlas.attribute_definition ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Of what is stored, everything satisfies the wider condition: it need not be read.
ALTER TABLE atlas.audit DROP CONSTRAINT audit_operation_check;
ALTER TABLE atlas.audit ADD CONSTRAINT audit_operation_check CHECK (operation IN (
  'CREATE_ENTITY', 'UPDATE_ENTITY', 'DELETE_ENTITY', 'ERASE_ENTITY', 'ERASE_TENANT',
  'DEFINE_ATTRIBUTE', 'UPDATE_ATTRIBUTE', 'RETIRE_ATTRIBUTE', 'RESTORE_ATTRIBUTE', 'DELETE_ATTRIBUTE'
)) NOT VALID;

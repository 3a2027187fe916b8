-- The attribute catalog. The first shard is its home; the others receive it by logical replication.
CREATE SCHEMA IF NOT EXISTS atlas;

CREATE TABLE atlas.attribute_definition (
  attribute_id integer PRIMARY KEY,
  tenant_id integer NOT NULL CHECK (tenant_id >= 0),  -- 0: shared by all tenants
  key text COLLATE "C" NOT NULL,
  type text NOT NULL CHECK (type IN ('TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON')),
  description text,
  entity_types text[] NOT NULL DEFAULT '{}',
  filterable boolean NOT NULL DEFAULT true,
  exposed boolean NOT NULL DEFAULT false,
  hot_column text,
  rules jsonb NOT NULL DEFAULT '{}',
  retired_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant_id, key),
  UNIQUE (tenant_id, hot_column)
);

CREATE SEQUENCE atlas.attribute_id_seq AS integer OWNED BY atlas.attribute_definition.attribute_id;

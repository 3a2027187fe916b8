-- Which publication the shard's copy in ClickHouse follows. Changes that are made while there is none, or another one, are never
-- delivered, and nothing else would tell: null until a process that streams the shard has looked.
ALTER TABLE atlas.shard ADD COLUMN cdc_publication text;

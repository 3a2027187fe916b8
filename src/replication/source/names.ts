/** Made by the migrations: atlas.entity and atlas.shard, through the roots of partitioned tables. */
export const CDC_PUBLICATION = 'atlas_cdc';
/** One on every shard's primary. It remembers how far ClickHouse has come and keeps the WAL from there on. */
export const CDC_SLOT = 'atlas_cdc';
export const CDC_APPLICATION = 'atlas replicate';

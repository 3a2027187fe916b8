import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { GIANT, type Stage } from './stage.ts';

const TABLES = ['entity', 'entity_attribute'] as const;

/** Entities of the giant tenant in files of the servers, to be copied in as those of other tenants. */
export interface TenantCopy {
  /** COPY of all of them, the shards side by side, in one transaction each. @returns seconds. */
  into(tenant: number): Promise<number>;
  remove(): void;
}

/** @param to the last id. */
export async function copiedTenant(stage: Stage, to: number): Promise<TenantCopy> {
  const shards = stage.clusters.map(({ directory }, index) => {
    const primary = stage.primaries[index];
    if (primary === undefined) throw new Error('A shard has no primary');
    const file = (table: string) => join(directory, 'primary', `copied-${table}`);
    return { primary, file };
  });
  const columns = new Map<string, string>();
  for (const table of TABLES) {
    const { rows } = await (shards[0] as (typeof shards)[number]).primary.query<{ list: string }>(
      `SELECT string_agg(attname, ', ' ORDER BY attnum) AS list FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'tenant_id'`,
      [`atlas.${table}`],
    );
    columns.set(table, rows[0]?.list ?? '');
  }
  return {
    async into(tenant) {
      // The tenant is part of the file, so it is written anew, which is not measured.
      await Promise.all(
        shards.map(async ({ primary, file }) => {
          for (const table of TABLES) {
            await primary.query(`COPY (SELECT ${tenant}, ${columns.get(table)} FROM atlas.${table}
              WHERE tenant_id = ${GIANT} AND entity_id <= ${to} ORDER BY entity_id) TO '${file(table)}' (FORMAT binary)`);
          }
        }),
      );
      const startedAt = performance.now();
      await Promise.all(
        shards.map(({ primary, file }) =>
          primary.query(
            TABLES.map(
              (table) => `COPY atlas.${table} (tenant_id, ${columns.get(table)}) FROM '${file(table)}' (FORMAT binary)`,
            ).join('; '),
          ),
        ),
      );
      return (performance.now() - startedAt) / 1_000;
    },
    remove() {
      for (const { file } of shards) for (const table of TABLES) rmSync(file(table), { force: true });
    },
  };
}

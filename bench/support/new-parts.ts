import { once } from 'node:events';
import { watch } from 'node:fs';
import { queryClickHouse } from './clickhouse-query.ts';
import type { Stage } from './stage.ts';

/**
 * Tells when a table of ClickHouse has got a part, by its directory, which gets its name at that moment: asking again and again would take CPU from what
 * is measured.
 * @returns `next`: resolves with the next part, or after `mostMs`.
 */
export async function watchParts(stage: Stage, table: string, mostMs: number) {
  const query = `SELECT data_paths[1] AS path FROM system.tables WHERE database = currentDatabase() AND name = '${table}'`;
  const [found] = await queryClickHouse<{ path: string }>(stage, query);
  if (found === undefined) throw new Error(`ClickHouse has no table ${table}`);
  const watcher = watch(found.path);
  return {
    async next(): Promise<void> {
      const signal = AbortSignal.timeout(mostMs);
      for (;;) {
        const [, name] = (await once(watcher, 'change', { signal }).catch(() => [])) as [string?, string?];
        if (name === undefined || !name.startsWith('tmp_')) return;
      }
    },
    close: () => watcher.close(),
  };
}

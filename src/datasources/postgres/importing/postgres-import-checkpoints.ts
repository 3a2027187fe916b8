import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import type { TenantId } from '../../../domain/identifiers.ts';
import type { ImportCheckpoint, ImportCheckpoints, StoredCheckpoint } from '../../import-checkpoints.ts';

/** Nobody continues an import that was given up so long ago. */
const KEPT = '7 days';

const READ = `
SELECT rows, refused, written_at AS "writtenAt" FROM atlas.import_progress
WHERE tenant_id = $1 AND import = $2 AND written_at > clock_timestamp() - interval '${KEPT}'`;
const WRITE = `
WITH old AS (
  DELETE FROM atlas.import_progress WHERE tenant_id = $1 AND import <> $2 AND written_at < clock_timestamp() - interval '${KEPT}'
)
INSERT INTO atlas.import_progress (tenant_id, import, rows, refused) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, import) DO UPDATE SET rows = excluded.rows, refused = excluded.refused, written_at = clock_timestamp()`;
const REMOVE = 'DELETE FROM atlas.import_progress WHERE tenant_id = $1 AND import = $2';

interface Row {
  readonly rows: string;
  readonly refused: readonly string[];
  readonly writtenAt: Date;
}

/**
 * Every shard keeps the checkpoint, behind the rows that it speaks of in the same WAL: a shard that loses rows, because it is restored or an
 * asynchronous replica takes over, loses the checkpoint that contains them first. What counts is the least of all shards.
 */
export class PostgresImportCheckpoints implements ImportCheckpoints {
  constructor(readonly primaries: readonly PostgresDatabase[]) {}

  async read(tenant: TenantId, id: string): Promise<StoredCheckpoint | null> {
    const held = await this.#onAll<Row>(tenant, READ, [tenant, id]);
    const known = held.flatMap(([row]) => (row === undefined ? [] : [row]));
    if (known.length < this.primaries.length) return null;
    const [least] = known.sort((a, b) => Number(a.rows) - Number(b.rows));
    if (least === undefined) return null;
    return { rows: Number(least.rows), refused: least.refused.map(Number), writtenAt: least.writtenAt };
  }

  async write(tenant: TenantId, id: string, { rows, refused }: ImportCheckpoint): Promise<void> {
    await this.#onAll(tenant, WRITE, [tenant, id, rows, refused]);
  }

  async remove(tenant: TenantId, id: string): Promise<void> {
    await this.#onAll(tenant, REMOVE, [tenant, id]);
  }

  #onAll<Row extends object>(tenant: TenantId, text: string, values: readonly unknown[]): Promise<Row[][]> {
    return Promise.all(this.primaries.map((primary) => primary.query<Row>({ tenant, text, values })));
  }
}

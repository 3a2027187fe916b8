/** What archiving a month of history costs, the size of its files, and what erasing one entity from them takes: `npx tsx bench/history-archive.ts [changes]`. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import { DirectoryStore } from '../src/connections/objects/directory-store.ts';
import type { AttributeDefinition } from '../src/domain/catalog/attribute.ts';
import { systemClock } from '../src/lib/clock.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { HistoryArchive } from '../src/replication/archive/history-archive.ts';

const total = Number(process.argv[2] ?? 400_000);
const print = (line: string) => process.stdout.write(`${line}\n`);
const home = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const directory = join(home, 'archive');
mkdirSync(directory);
const limits = { connections: 2, timeoutMs: 120_000, memoryBytes: 2_000_000_000, resultBytes: 67_108_864 };
const engine = await openChdb(join(home, 'clickhouse'), limits);
const clusterId = randomUUID();
await migrateClickHouse(engine, clusterId, (work) => work());
const clickhouse = new OwnedClickHouse(engine, new ClickHouseOwnership(clusterId, pino({ level: 'silent' })));
const { signal } = new AbortController();

// Of ten changes of an entity one is its creation with twelve short texts, the others set one of them.
const TEXTS = "arrayMap(n -> concat('\"', lower(hex(cityHash64(number, n))), '\"')";
await clickhouse.command(
  `INSERT INTO entity_change (tenant_id, entity_id, created_at, version, operation, lsn, shard, at, type, previous_at, subject, attribute_ids, before, before_at, after)
   SELECT 1, 1 + intDiv(number, 10), 1735725600000, 1 + number % 10, if(number % 10 = 0, 'CREATED', 'UPDATED'), 1000 * (number + 1), 's0', 1735725600000 + number,
     'thing', if(number % 10 = 0, 0, 1735725600000 + number - 1), 'somebody',
     if(number % 10 = 0, range(1, 13), [toUInt32(1 + number % 12)]) AS ids,
     if(number % 10 = 0, CAST(arrayMap(n -> NULL, ids), 'Array(Nullable(String))'), ${TEXTS}, ids)), arrayMap(n -> 0, ids), ${TEXTS}, ids)
   FROM numbers(${total})`,
);
const definition = (id: number) => ({ id, key: `a${id}`, type: 'TEXT' }) as AttributeDefinition;
const attributes = { byId: definition, refresh: async () => {}, atLeast: async () => {}, moving: () => [] };
const archive = new HistoryArchive({
  ...{ store: new DirectoryStore(directory), shard: 's0', clickhouse, attributes, clock: systemClock },
});

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
  let heap = 0;
  const watch = setInterval(() => {
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    heap = Math.max(heap, heapUsed + external + arrayBuffers);
  }, 20);
  await work();
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedAt) / 1_000;
  print(
    `${what}: ${seconds.toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} CPU s, heap and buffers up to ${(heap / 1e6).toFixed(0)} MB`,
  );
}

await timed(`archiving ${total} changes`, () => archive.keep(1, 202_501, BigInt(2_000 * total), signal));
const sizes = readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith('.parquet'))
  .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
const bytes = sizes.reduce((sum, size) => sum + size, 0);
print(`${sizes.length} files, ${(bytes / total).toFixed(1)} bytes per change`);
const [stored] = await clickhouse.query<{ bytes: string }>(
  "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE table = 'entity_change' AND active",
);
print(`in ClickHouse: ${(Number(stored?.bytes) / total).toFixed(1)} bytes per change`);
await timed('erasing an entity of none of the files', () =>
  archive.erase([{ tenantId: 1, entityId: String(total), bound: BigInt(1_000 * total), requestedAt: 0 }], signal),
);
await timed('erasing an entity that was created afterwards', () =>
  archive.erase([{ tenantId: 1, entityId: '5', bound: 1n, requestedAt: 0 }], signal),
);
await timed('erasing an entity', () =>
  archive.erase([{ tenantId: 1, entityId: String(total / 20), bound: BigInt(1_000 * total), requestedAt: 0 }], signal),
);
await engine.close();
rmSync(home, { recursive: true });

import { pino } from 'pino';
import { vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { ShardEntityWriter } from '../../../src/datasources/postgres/writing/shard-entity-writer.ts';
import type { ProcessRole } from '../../../src/domain/atlas-role.ts';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import { attributeValue } from '../../../src/domain/values/attribute-value.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { PeriodicTask } from '../../../src/lifecycle/periodic-task.ts';
import type { RowDifference } from '../../../src/verification/difference.ts';
import type { ComparedShard } from '../../../src/verification/shard-comparison.ts';
import { type Pass, type PassOptions, ShardPass } from '../../../src/verification/verify-shard.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../replication/support/replicated-shard.ts';
import { lookupOf, TEST_ATTRIBUTES } from '../../replication/support/test-attributes.ts';
import { authorOf } from '../../support/author.ts';
import { FIXED_DEFINITIONS } from '../../support/fixed-definitions.ts';

const silent = pino({ level: 'silent' });

/** A replicated shard with a writer and connections to compare it. */
export interface VerifiedShard extends ReplicatedShard {
  readonly writer: ShardEntityWriter;
  readonly primary: PostgresPool;
  /** Null without a replica. */
  readonly replica: PostgresPool | null;
  readonly compared: ComparedShard;
}

export interface Verified {
  readonly pass: Pass;
  readonly differences: readonly RowDifference[];
  /** Those that were repaired. */
  readonly repaired: readonly RowDifference[];
}

export async function startVerifiedShard(options: { readonly replica: boolean }): Promise<VerifiedShard> {
  const shard = await startReplicatedShard({}, options.replica);
  const pool = (role: 'primary' | 'replica', url: string, actAs: ProcessRole) =>
    new PostgresPool({
      shard: shard.endpoints.id,
      role,
      url,
      actAs,
      size: 6,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 30_000,
      applicationName: 'test',
      logger: silent,
    });
  const primary = pool('primary', shard.endpoints.primary, 'atlas_replicate');
  const serving = pool('primary', shard.endpoints.primary, 'atlas_serve');
  const [url] = shard.endpoints.replicas;
  const replica = url === undefined ? null : pool('replica', url, 'atlas_replicate');
  for (const { id, key, type } of TEST_ATTRIBUTES) {
    await shard.sql(
      'INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type) VALUES ($1, 0, $2, $3)',
      [...[id, key, type]],
    );
  }
  const heartbeats = new PeriodicTask('heartbeats', 50, async () => {
    await shard.beat().catch(() => {});
  });
  await heartbeats.start();
  return {
    ...shard,
    primary,
    replica,
    writer: new ShardEntityWriter(serving, { maxEntityBytes: 8_000_000 }, FIXED_DEFINITIONS),
    compared: { server: replica ?? primary, primary, clickhouse: shard.clickhouse },
    async stop() {
      await heartbeats.stop();
      await Promise.all([primary.close(), serving.close(), replica?.close()]);
      await shard.stop();
    },
  };
}

const FIELDS = {
  TEXT: 'text',
  NUMBER: 'number',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamp',
  JSON: 'json',
  REFERENCE: 'reference',
  TEXT_LIST: 'textList',
  NUMBER_LIST: 'numberList',
} as const;

function definition(id: string): AttributeDefinition {
  const found = TEST_ATTRIBUTES.find((attribute) => String(attribute.id) === id);
  if (found === undefined) throw new RangeError(`There is no test attribute ${id}`);
  return found;
}

/** Writes entities through the product's own writer. @param values by the id of the attribute; null removes it. */
export async function write(
  { writer }: VerifiedShard,
  entities: Readonly<Record<number, Readonly<Record<string, JsonValue | Date>>>>,
  { tenant = 1, type = 'thing' }: { readonly tenant?: number; readonly type?: string } = {},
): Promise<void> {
  const rows = Object.entries(entities).map(([id, values]) => ({
    id,
    write: {
      id,
      type,
      set: Object.entries(values).flatMap(([name, value]) => {
        if (value === null) return [];
        const attribute = definition(name);
        const stored = attributeValue(
          attribute,
          { key: attribute.key, [FIELDS[attribute.type]]: value },
          {
            maxValueBytes: 1_000_000,
            maxListElements: 1_000,
          },
        );
        return [{ attribute, value: stored }];
      }),
      remove: Object.entries(values).flatMap(([name, value]) => (value === null ? [definition(name)] : [])),
      expectedVersion: null,
    },
  }));
  await writer.upsert(authorOf(tenant), rows);
}

export const TEST_OPTIONS: PassOptions = {
  limits: { rows: 100, bytes: 1_000_000 },
  waitMs: 10_000,
  form: 'digest',
  attributes: lookupOf(TEST_ATTRIBUTES),
  repair: false,
  tenantId: null,
  clock: systemClock,
  onDifference: () => {},
};

/** One pass over the shard. */
export async function verify(shard: VerifiedShard, options: Partial<PassOptions> = {}): Promise<Verified> {
  const { signal } = new AbortController();
  const differences: RowDifference[] = [];
  const repaired: RowDifference[] = [];
  const pass = new ShardPass(shard.compared, {
    ...TEST_OPTIONS,
    ...options,
    onDifference: (difference, isRepaired) => {
      differences.push(difference);
      if (isRepaired === true) repaired.push(difference);
    },
  });
  let current = await pass.begin(null, signal);
  while (!pass.isComplete(current)) current = await pass.advance(current, signal);
  return { pass: current, differences, repaired };
}

/** Waits until ClickHouse has a complete copy of the shard. */
export function copied(shard: VerifiedShard): Promise<void> {
  return vi.waitFor(
    async () => {
      if ((await shard.sink.position()) === null) throw new Error('The shard has not been copied');
    },
    { timeout: 40_000, interval: 20 },
  );
}

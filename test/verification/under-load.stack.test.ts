import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import type { PostgresDatabase } from '../../src/connections/postgres/postgres-database.ts';
import type { JsonValue } from '../../src/lib/canonical-json.ts';
import { caughtUp } from '../replication/support/replicated-data.ts';
import { authorOf } from '../support/author.ts';
import { copied, startVerifiedShard, type VerifiedShard, verify, write } from './support/verified-shard.ts';

const ENTITIES = 120;
const PASSES = 2;

/** Creates, changes and deletes up to 20 of the entities at a time, the same on every run. */
class Writer {
  readonly #shard: VerifiedShard;
  #state = 1;
  statements = 0;

  constructor(shard: VerifiedShard) {
    this.#shard = shard;
  }

  async write(): Promise<void> {
    const first = this.#random(ENTITIES);
    const entities: Record<number, Record<string, JsonValue>> = {};
    for (let n = this.#random(20); n >= 0; n--) {
      entities[1 + ((first + n) % ENTITIES)] = {
        '1': `written by ${this.statements}`,
        '2': this.#random(1_000) / 7,
        '3': this.#random(3) === 0 ? null : this.#random(2) === 0,
        '5': this.#random(2) === 0 ? null : { at: this.statements },
        '7': this.#random(50),
      };
    }
    await write(this.#shard, entities);
    if (this.#random(2) === 0) await this.#shard.writer.delete(authorOf(1), String(1 + this.#random(ENTITIES)), null);
    this.statements++;
  }

  #random(below: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((this.#state / 0x80000000) * below);
  }
}

describe.each([
  ['a replica', { replica: true }],
  ['the primary', { replica: false }],
])('verification against %s under write load', (_, options) => {
  let shard: VerifiedShard;
  let writer: Writer;
  let readings = 0;

  /** The same ends, with a write before every reading of either: whatever can change between two readings does. */
  function disturbed(): VerifiedShard {
    const { server, primary, clickhouse } = shard.compared;
    const postgres: PostgresDatabase = {
      shard: server.shard,
      role: server.role,
      query: (statement, signal) => server.query(statement, signal),
      transaction: async (work, isolation, signal) => {
        await writer.write();
        return server.transaction(work, isolation, signal);
      },
      close: () => server.close(),
    };
    const analytics: ClickHouseDatabase = {
      query: async (text, parameters, signal) => {
        if (/FROM entity/.test(text)) await writer.write();
        // Now and then, at the beginning of a reading: what is read is then newer than what Postgres has shown.
        if (/FROM entity_attribute/.test(text) && readings++ % 4 === 0) await caughtUp(shard);
        return clickhouse.query(text, parameters, signal);
      },
      insert: (table, rows) => clickhouse.insert(table, rows),
      insertLines: (table, columns, chunks) => clickhouse.insertLines(table, columns, chunks),
      command: (text, parameters) => clickhouse.command(text, parameters),
      serverChanges: 0,
      catchUp: (tables, given) => clickhouse.catchUp(tables, given),
      close: () => clickhouse.close(),
    };
    return { ...shard, compared: { server: postgres, primary, clickhouse: analytics } };
  }

  beforeAll(async () => {
    shard = await startVerifiedShard(options);
    await shard.replicator();
    await copied(shard);
    writer = new Writer(shard);
    await write(shard, Object.fromEntries(Array.from({ length: ENTITIES }, (_, n) => [1 + n, { '2': n }])));
  });
  afterAll(() => shard?.stop());

  it('finds no difference in a system that works', async () => {
    let settled = 0;
    for (let pass = 0; pass < PASSES; pass++) {
      const { differences, pass: result } = await verify(disturbed());
      expect(differences).toEqual([]);
      settled += result.totals.entities - result.totals.unsettled;
    }
    expect(settled).toBeGreaterThan(0);
    expect(writer.statements).toBeGreaterThan(PASSES * 3);
    await caughtUp(shard);
    expect((await verify(shard)).pass.totals).toMatchObject({ differences: 0, unsettled: 0 });
  });

  it('finds and repairs the one that there is among entities that change', async () => {
    await write(shard, { 9999: { '1': 'quiet', '2': 5 } });
    await caughtUp(shard);
    await shard.clickhouse.command(
      'ALTER TABLE entity_attribute UPDATE value_number = 6 WHERE entity_id = 9999 AND attribute_id = 2 SETTINGS mutations_sync = 2',
    );
    const { differences } = await verify(disturbed(), { repair: true });
    expect(differences).toMatchObject([{ kind: 'different', attributeId: 2, key: { entityId: 9999n } }]);
    await caughtUp(shard);
    expect((await verify(shard)).pass.totals).toMatchObject({ differences: 0, unsettled: 0 });
  });
});

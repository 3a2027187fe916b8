import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { selectChanges } from '../../src/datasources/postgres/catalog/catalog-row.ts';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { parseLsn } from '../../src/replication/source/slot/lsn.ts';
import { CDC_SLOT } from '../../src/replication/source/slot/replication-slot.ts';
import { Deployment, type RunningAtlas } from '../../test/deployment/support/deployment.ts';
import { postGraphQL } from '../../test/support/atlas-process.ts';
import type { TestCluster } from '../../test/support/postgres-cluster.ts';
import type { BenchOptions } from '../suite/options.ts';
import { COMMON, ENTITY_TYPE, ndjson, sizesOfTenants, tailSize } from './generated-entities.ts';
import { until } from './until.ts';

/** Memory as a small server has it; the rest is that of the tests: nothing waits for a disk. */
const POSTGRES = { shared_buffers: '256MB', max_connections: '200' };
/** From so many entities on, with more of it, and patience with a change capture that is behind by far. */
const LARGE = 1_000_000;
const LARGE_POSTGRES = { ...POSTGRES, shared_buffers: '2GB', max_wal_size: '4GB', max_slot_wal_keep_size: '8GB' };
/** Of one import at most. */
const CHUNK = 250_000;
const FIRST_ATTRIBUTE_ID = 250;
/** The tenant with most entities. */
export const GIANT = 1;

export interface Imported {
  readonly entities: number;
  /** Entities per second, as the command says: without its start and the pass that infers types. */
  readonly rate: number;
  /** Of the whole command. */
  readonly seconds: number;
}

/** A deployment that every workload uses: two shards with a replica each, ClickHouse, and Atlas' processes. */
export class Stage {
  readonly options: BenchOptions;
  readonly deployment: Deployment;
  readonly serve: RunningAtlas;
  readonly clusters: readonly TestCluster[];
  /** As the superuser. */
  readonly shards: readonly ShardEndpoints[];
  /** By shard. */
  readonly primaries: readonly pg.Pool[];
  readonly replicas: readonly pg.Pool[];
  replicate: RunningAtlas;
  /** What `fill` has written to the WAL of all shards. */
  filledWalBytes = Number.NaN;
  #lastTenant = 1_000;
  #lastId = 1_000_000_000;

  private constructor(options: BenchOptions, deployment: Deployment, serve: RunningAtlas, replicate: RunningAtlas) {
    this.options = options;
    this.deployment = deployment;
    this.serve = serve;
    this.replicate = replicate;
    // As configured: the place of an entity depends on the order.
    this.clusters = [...deployment.stores.clusters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cluster]) => cluster);
    this.shards = this.clusters.map(({ endpoints }) =>
      endpoints.replicas.length > 0 ? endpoints : { ...endpoints, replicas: [endpoints.primary] },
    );
    const open = (connectionString = '') => new pg.Pool({ connectionString, max: 16 });
    this.primaries = this.shards.map(({ primary }) => open(primary));
    this.replicas = this.shards.map(({ replicas }) => open(replicas[0]));
    // Stopping a server ends its idle connections.
    for (const pool of [...this.primaries, ...this.replicas]) pool.on('error', () => {});
  }

  static async start(options: BenchOptions): Promise<Stage> {
    const settings = options.entities >= LARGE ? LARGE_POSTGRES : POSTGRES;
    const deployment = await Deployment.start(GIANT, settings, options.replica);
    try {
      const { code, output } = await deployment.run('migrate');
      if (code !== 0) throw new Error(output);
      const replicate = await deployment.start('replicate');
      return new Stage(options, deployment, await deployment.start('serve'), replicate);
    } catch (error) {
      await deployment.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.primaries, ...this.replicas].map((pool) => pool.end()));
    await this.deployment.stop();
  }

  get giantSize(): number {
    return sizesOfTenants(this.options).get(GIANT) ?? 0;
  }

  /** A tenant that nothing else uses. */
  newTenant(): number {
    this.#lastTenant += 1;
    return this.#lastTenant;
  }

  /** Takes so many ids that nothing else uses. @returns one less than the first. */
  newIds(count: number): number {
    const before = this.#lastId;
    this.#lastId += count;
    return before;
  }

  /** Headers of a request of the tenant; valid for some minutes. */
  async headers(tenant: number = GIANT): Promise<Record<string, string>> {
    return { authorization: await this.deployment.bearer({ tenant }) };
  }

  /** @throws unless the answer has no errors. */
  async ask<Data>(query: string, variables: object = {}, tenant: number = GIANT): Promise<Data> {
    const { data, errors } = await postGraphQL<Data>(this.serve.url, query, variables, await this.headers(tenant));
    if (data === null || errors.length > 0) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Defines what all tenants have, so that an import stores hot attributes in their columns. */
  async define(tenant: number): Promise<void> {
    const query = 'mutation ($input: DefineAttributeInput!) { defineAttribute(input: $input) { definition { key } } }';
    for (const input of COMMON) await this.ask(query, { input }, tenant);
  }

  /** Imports generated entities of a tenant, with the command. @param like the tenant whose entities are generated. */
  async import(tenant: number, from: number, to: number, like: number = tenant): Promise<Imported> {
    const file = join(this.deployment.home, `${tenant}-${from}.ndjson`);
    await pipeline(Readable.from(ndjson(like, from, to, tailSize(this.options))), createWriteStream(file));
    const startedAt = performance.now();
    const command = `import ${file} --type ${ENTITY_TYPE} --id-column id --tenant ${tenant}`;
    const { code, output } = await this.deployment.run(command);
    const seconds = (performance.now() - startedAt) / 1_000;
    rmSync(file);
    if (code !== 0) throw new Error(output);
    const rate = Number(/\(([\d,]+) per second\)/.exec(output)?.[1]?.replaceAll(',', ''));
    return { entities: to - from + 1, rate, seconds };
  }

  /** All tenants' entities, until ClickHouse has them. Two imports run side by side: the start and the end of one take one core only. */
  async fill(onImport: (tenant: number, imported: Imported) => void): Promise<void> {
    const before = await this.positions();
    // As in an installation with hundreds of definitions.
    for (const primary of this.primaries)
      await primary.query(`SELECT setval('atlas.attribute_id_seq', ${FIRST_ATTRIBUTE_ID})`);
    const left = [...sizesOfTenants(this.options)];
    const importNext = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [tenant, size] = next;
        await this.define(tenant);
        for (let from = 1; from <= size; from += CHUNK) {
          onImport(tenant, await this.import(tenant, from, Math.min(size, from + CHUNK - 1)));
        }
      }
    };
    await Promise.all([importNext(), importNext()]);
    const after = await this.positions();
    this.filledWalBytes = after.reduce((sum, lsn, n) => sum + Number(parseLsn(lsn) - parseLsn(before[n] ?? lsn)), 0);
    await this.settle();
  }

  /** Statements as the superuser of any server. */
  async execute(connectionString: string, text: string): Promise<void> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query(text);
    await client.end();
  }

  /** Where the WAL of each shard ends now. */
  positions(): Promise<readonly string[]> {
    return Promise.all(
      this.primaries.map(async (primary) => {
        const { rows } = await primary.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
        return rows[0]?.lsn ?? '';
      }),
    );
  }

  async stopReplicate(): Promise<void> {
    this.replicate.atlas.signal('SIGTERM');
    await this.replicate.atlas.exit();
  }

  async startReplicate(): Promise<void> {
    this.replicate = await this.deployment.start('replicate');
  }

  /** How many shards change capture streams from. */
  async streamingShards(): Promise<number> {
    const query = 'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active';
    const active = await Promise.all(this.primaries.map((primary) => primary.query(query, [CDC_SLOT])));
    return active.filter(({ rows }) => rows.length > 0).length;
  }

  /** Resolves when replicas and ClickHouse have everything that is committed now. @returns how long that took, in seconds. */
  async settle(): Promise<number> {
    const startedAt = performance.now();
    const positions = await this.positions();
    await Promise.all([
      ...this.replicas.map((replica, n) =>
        until(async () => {
          const query = 'SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, NOT pg_is_in_recovery()) AS reached';
          return (await replica.query<{ reached: boolean }>(query, [positions[n]])).rows[0]?.reached === true;
        }),
      ),
      ...this.primaries.map((primary, n) => until(() => this.#isCaptured(primary, positions[n] ?? ''))),
    ]);
    return (performance.now() - startedAt) / 1_000;
  }

  /** The watermark in ClickHouse is the position up to which the slot is confirmed. */
  async #isCaptured(primary: pg.Pool, position: string): Promise<boolean> {
    const query = 'SELECT confirmed_flush_lsn >= $1::pg_lsn AS reached FROM pg_replication_slots WHERE slot_name = $2';
    return (await primary.query<{ reached: boolean }>(query, [position, CDC_SLOT])).rows[0]?.reached === true;
  }

  /** The tenant's attributes by key. */
  async attributes(tenant: number = GIANT): Promise<(key: string) => AttributeDefinition> {
    const [home] = this.primaries;
    if (home === undefined) throw new Error('The deployment has no shard');
    const changes = await selectChanges(
      {
        query: async <Row extends object>({ text, values }: { text: string; values: readonly unknown[] }) =>
          (await home.query(text, [...values])).rows as Row[],
      },
      0,
    );
    const found = new Map<string, AttributeDefinition>();
    for (const change of changes) {
      if ('definition' in change && change.definition.tenantId === tenant)
        found.set(change.definition.key, change.definition);
    }
    return (key) => {
      const definition = found.get(key);
      if (definition === undefined) throw new Error(`Tenant ${tenant} has no attribute ${key}`);
      return definition;
    };
  }
}

import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { loadSettings } from '../../config/config.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import { tenantHistory } from '../../datasources/clickhouse/tenant-history.ts';
import {
  exportTenant,
  readDefinitions,
  readTypeDescriptions,
} from '../../datasources/postgres/tenants/tenant-export.ts';
import type { EntityChangeRecord } from '../../domain/entity-change.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { createLogger } from '../../observability/logger.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openTenantClickHouse, openTenantShards } from '../wiring/open-tenant-shards.ts';
import { Terminal } from './terminal.ts';

export interface TenantExportOptions {
  readonly out: string;
}

interface ExportedHistory {
  changes: number;
  /** By shard. */
  completeSince: Readonly<Record<ShardId, Date>>;
  completeUntil: Readonly<Record<ShardId, Date | null>>;
}

interface ExportedShard {
  readonly shard: ShardId;
  entities: number;
  auditEntries: number;
}

/**
 * Writes everything of a tenant to new files of NDJSON in the directory `out`, which appears when all of it is written: definitions,
 * descriptions of entity types, entities, audit, history. Each shard is read in one snapshot of its primary, the history from ClickHouse. Prints a report as
 * JSON.
 */
export async function runTenantExport(tenantId: TenantId, options: TenantExportOptions): Promise<void> {
  const out = resolve(options.out);
  if (existsSync(out)) throw new UsageError(`${options.out} exists; name a directory that does not.`);
  if (!existsSync(dirname(out))) throw new UsageError(`There is no directory ${dirname(options.out)}.`);
  const settings = loadSettings();
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const terminal = new Terminal(process.stderr);
    lifecycle.add('progress', async () => terminal.clear());
    const environment = { settings, lifecycle, logger };
    const primaries = await openTenantShards(environment, 'tenant export');
    const clickhouse = await openTenantClickHouse(environment, primaries, 'tenant export');
    const partial = `${out}.${process.pid}.partial`;
    await mkdir(partial, { mode: 0o700 });
    try {
      const files = await Files.open(partial);
      const shards: ExportedShard[] = [];
      const keys = new Keys(primaries[0], tenantId, signal);
      for (const primary of primaries) {
        const done: ExportedShard = { shard: primary.shard, entities: 0, auditEntries: 0 };
        shards.push(done);
        const target = {
          entities: async (entities: readonly object[]) => {
            await files.append('entities', entities);
            done.entities += entities.length;
            terminal.progress(`Exporting shard ${primary.shard}`, `${done.entities.toLocaleString('en-US')} entities`);
          },
          audit: async (rows: readonly object[]) => {
            await files.append(
              'audit',
              rows.map((row) => ({ shard: primary.shard, ...row })),
            );
            done.auditEntries += rows.length;
          },
        };
        await exportTenant(primary, tenantId, (id) => keys.of(id), target, signal);
      }
      const definitions = await readDefinitions(primaries[0], tenantId, signal);
      await files.append('definitions', definitions);
      const types = await readTypeDescriptions(primaries[0], tenantId, signal);
      await files.append('types', types);
      const ids = primaries.map(({ shard }) => shard);
      const history =
        clickhouse === null ? null : await exportHistory({ clickhouse, tenantId, ids, files, keys, signal });
      await files.close();
      await rename(partial, out);
      terminal.clear();
      if (history === null) process.stderr.write(`${NO_HISTORY}\n`);
      const counts = { definitions: definitions.length, types: types.length };
      const report = { tenant: tenantId, directory: out, ...counts, shards, history };
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });
}

const NO_HISTORY =
  'The history is left out, and history.ndjson is empty: ATLAS_CLICKHOUSE_URL is not set, and that of atlas dev is in its process.';

interface HistoryExport {
  readonly clickhouse: ClickHouseDatabase;
  readonly tenantId: TenantId;
  readonly ids: readonly ShardId[];
  readonly files: Files;
  readonly keys: Keys;
  readonly signal: AbortSignal;
}

async function exportHistory(given: HistoryExport): Promise<ExportedHistory> {
  const { clickhouse, tenantId, ids, files, keys, signal } = given;
  const done: ExportedHistory = { changes: 0, completeSince: {}, completeUntil: {} };
  for await (const { changes, completeSince, completeUntil } of tenantHistory(clickhouse, ids, tenantId, signal)) {
    await files.append('history', await Promise.all(changes.map((change) => describedChange(change, keys))));
    done.changes += changes.length;
    done.completeSince = Object.fromEntries(completeSince);
    done.completeUntil = Object.fromEntries(completeUntil);
  }
  return done;
}

async function describedChange(change: EntityChangeRecord, keys: Keys): Promise<object> {
  const { entityId, type, createdAt, operation, at, subject, shard } = change;
  const attributes = change.values.map(async ({ attributeId, before = null, after = null }) => {
    return { key: await keys.of(String(attributeId)), before, after };
  });
  const version = change.version?.toString() ?? null;
  return {
    entityId,
    type,
    createdAt,
    version,
    operation,
    at,
    subject,
    shard,
    attributes: await Promise.all(attributes),
  };
}

class Files {
  readonly #handles: ReadonlyMap<string, FileHandle>;

  private constructor(handles: ReadonlyMap<string, FileHandle>) {
    this.#handles = handles;
  }

  static async open(directory: string): Promise<Files> {
    const handles = new Map<string, FileHandle>();
    for (const name of ['definitions', 'types', 'entities', 'audit', 'history']) {
      handles.set(name, await open(join(directory, `${name}.ndjson`), 'wx', 0o600));
    }
    return new Files(handles);
  }

  async append(name: string, rows: readonly object[]): Promise<void> {
    await this.#handles.get(name)?.appendFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  /** Rejects unless everything is on disk. */
  async close(): Promise<void> {
    for (const handle of this.#handles.values()) {
      await handle.sync();
      await handle.close();
    }
  }
}

/** The keys of attributes by id, read again when an unknown one appears. */
class Keys {
  readonly #home: PostgresDatabase;
  readonly #tenant: TenantId;
  readonly #signal: AbortSignal;
  #keys = new Map<string, string>();
  #reading: Promise<void> | null = null;

  constructor(home: PostgresDatabase, tenant: TenantId, signal: AbortSignal) {
    this.#home = home;
    this.#tenant = tenant;
    this.#signal = signal;
  }

  async of(attributeId: string): Promise<string> {
    // What another one is reading may have begun before this attribute was defined.
    for (let attempt = 0; attempt < 2 && !this.#keys.has(attributeId); attempt++) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
    const key = this.#keys.get(attributeId);
    if (key === undefined) throw new Error(`Attribute ${attributeId} has no definition`);
    return key;
  }

  async #read(): Promise<void> {
    const definitions = await readDefinitions(this.#home, this.#tenant, this.#signal);
    this.#keys = new Map(definitions.map(({ id, key }) => [String(id), key]));
  }
}

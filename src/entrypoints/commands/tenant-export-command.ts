import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { loadSettings } from '../../config/config.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import {
  exportTenant,
  readDefinitions,
  readTypeDescriptions,
} from '../../datasources/postgres/tenants/tenant-export.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { createLogger } from '../../observability/logger.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openTenantShards } from '../wiring/open-tenant-shards.ts';
import { Terminal } from './terminal.ts';

export interface TenantExportOptions {
  readonly out: string;
}

interface ExportedShard {
  readonly shard: ShardId;
  entities: number;
  auditEntries: number;
}

/**
 * Writes everything of a tenant to new files of NDJSON in the directory `out`, which appears when all of it is written: definitions,
 * descriptions of entity types, entities, audit. Each shard is read in one snapshot of its primary. Prints a report as JSON.
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
    const primaries = await openTenantShards({ settings, lifecycle, logger }, 'tenant export');
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
      await files.close();
      await rename(partial, out);
      terminal.clear();
      const report = { tenant: tenantId, directory: out, definitions: definitions.length, types: types.length, shards };
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });
}

class Files {
  readonly #handles: ReadonlyMap<string, FileHandle>;

  private constructor(handles: ReadonlyMap<string, FileHandle>) {
    this.#handles = handles;
  }

  static async open(directory: string): Promise<Files> {
    const handles = new Map<string, FileHandle>();
    for (const name of ['definitions', 'types', 'entities', 'audit']) {
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

  constructor(home: PostgresDatabase, tenant: TenantId, signal: AbortSignal) {
    this.#home = home;
    this.#tenant = tenant;
    this.#signal = signal;
  }

  async of(attributeId: string): Promise<string> {
    if (!this.#keys.has(attributeId)) {
      const definitions = await readDefinitions(this.#home, this.#tenant, this.#signal);
      this.#keys = new Map(definitions.map(({ id, key }) => [String(id), key]));
    }
    const key = this.#keys.get(attributeId);
    if (key === undefined) throw new Error(`Attribute ${attributeId} has no definition`);
    return key;
  }
}

import {
  attributesInUse,
  type ExportedEntity,
  exportedEntities,
} from '../datasources/postgres/exporting/exported-entities.ts';
import type { AttributeDefinition, AttributeId, AttributeLookup } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import type { EntitySelection } from '../domain/filter/filter.ts';
import type { ShardId, TenantId } from '../domain/identifiers.ts';
import { type ConsistencyToken, mergeTokens } from '../freshness/consistency-token.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { tokenOfRead } from '../freshness/token-of-read.ts';
import type { Clock } from '../lib/clock.ts';
import type { Pause } from '../lib/pause.ts';
import { RowMaker } from './exported-row.ts';
import type { ExportFormat } from './formats/export-format.ts';
import { openSnapshot, type ShardServers, type ShardSnapshot } from './open-snapshot.ts';

export interface ExportRequest {
  readonly shards: readonly ShardServers[];
  readonly selection: EntitySelection;
  readonly requirement: FreshnessRequirement;
  readonly catalog: Pick<AttributeCatalog, 'forTenant' | 'refresh'> & Pick<AttributeLookup, 'byId'>;
  readonly format: ExportFormat;
  /** Takes the content. It asks for the next part when it has room. */
  readonly write: (content: AsyncIterable<string | Uint8Array>) => Promise<void>;
  readonly onProgress?: ((shard: ShardId, entities: number) => void) | undefined;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly signal: AbortSignal;
}

export interface ExportedShard {
  readonly shard: ShardId;
  readonly freshness: ReadFreshness;
  entities: number;
}

export interface ExportSummary {
  readonly shards: readonly ExportedShard[];
  /** Makes a later read, or export, contain everything that this one does. */
  readonly token: ConsistencyToken;
}

/**
 * Exports the selected entities of a tenant: of each shard what one snapshot shows. The snapshots of all shards are opened before the first
 * row is written, one after the other.
 * @throws AtlasError FRESHNESS_UNAVAILABLE | SHARD_UNAVAILABLE | TIMEOUT; what `write` throws; the signal's reason.
 */
export async function exportEntities(request: ExportRequest): Promise<ExportSummary> {
  const { shards, selection, requirement, catalog, format, write, clock, pause, signal } = request;
  const { tenantId } = selection;
  const snapshots: ShardSnapshot[] = [];
  try {
    for (const servers of shards) {
      snapshots.push(await openSnapshot(servers, { tenantId, requirement, clock, pause }, signal));
    }
    // After the snapshots: no entity in them has an attribute that is not defined yet.
    await catalog.refresh();
    const definitions = new Definitions(catalog, tenantId);
    const columns = format.hasColumns ? await columnsOf(snapshots, selection, definitions, signal) : [];
    const exported = snapshots.map(({ shard, freshness }) => ({ shard, freshness, entities: 0 }));
    const rows = new RowMaker((id) => definitions.of(id));
    await write(format.encode(columns, batchesOf(snapshots, exported, rows, request)));
    return { shards: exported, token: tokenOf(snapshots, catalog.forTenant(tenantId).latestRevision) };
  } finally {
    await Promise.all(snapshots.map((snapshot) => snapshot.end()));
  }
}

async function* batchesOf(
  snapshots: readonly ShardSnapshot[],
  exported: readonly ExportedShard[],
  rows: RowMaker,
  { selection, onProgress, signal }: ExportRequest,
) {
  for (const [place, { shard, session }] of snapshots.entries()) {
    const counted = exported[place] as ExportedShard;
    for await (const batch of exportedEntities(session, selection, signal)) {
      const made = [];
      for (const entity of batch as readonly ExportedEntity[]) made.push(await rows.rowOf(entity));
      yield made;
      counted.entities += made.length;
      onProgress?.(shard, counted.entities);
    }
  }
}

async function columnsOf(
  snapshots: readonly ShardSnapshot[],
  selection: EntitySelection,
  definitions: Definitions,
  signal: AbortSignal,
): Promise<readonly AttributeDefinition[]> {
  const found = new Map<AttributeId, AttributeDefinition>();
  for (const { session } of snapshots) {
    for (const id of await attributesInUse(session, selection, signal)) {
      const definition = await definitions.of(id);
      if (definition !== null) found.set(id, definition);
    }
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function tokenOf(snapshots: readonly ShardSnapshot[], catalogRevision: number): ConsistencyToken {
  const catalog: ConsistencyToken = { positions: new Map(), catalogRevision };
  return snapshots.map(({ freshness }) => tokenOfRead(freshness)).reduce((a, b) => mergeTokens(a, b) ?? a, catalog);
}

/** The definitions of exported attributes, as they were when the export met them first. */
class Definitions {
  readonly #known = new Map<AttributeId, AttributeDefinition | null>();

  constructor(
    readonly catalog: ExportRequest['catalog'],
    readonly tenantId: TenantId,
  ) {}

  /** Null if the attribute is retired or deleted, or if the tenant has one of its own with its key: no read shows it then. */
  async of(id: AttributeId): Promise<AttributeDefinition | null> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (this.catalog.byId(id) === undefined) await this.catalog.refresh();
    const definition = this.catalog.byId(id);
    const shown = definition && this.catalog.forTenant(this.tenantId).byKey(definition.key);
    const exported = shown?.id === id && shown.retiredAt === null ? shown : null;
    this.#known.set(id, exported);
    return exported;
  }
}

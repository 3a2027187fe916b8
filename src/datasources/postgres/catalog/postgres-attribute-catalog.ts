import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import { PostgresListener } from '../../../connections/postgres/postgres-listener.ts';
import type { AuditOperation } from '../../../domain/audit.ts';
import type { Author } from '../../../domain/caller.ts';
import type {
  AttributeDefinition,
  AttributeId,
  AttributeLookup,
  TenantCatalog,
} from '../../../domain/catalog/attribute.ts';
import type {
  AttributeCatalog,
  CatalogView,
  IsShown,
  NewAttribute,
} from '../../../domain/catalog/attribute-catalog.ts';
import { type AttributeChange, type ChangeRequest, planChange } from '../../../domain/catalog/attribute-change.ts';
import { definitionByKey } from '../../../domain/catalog/attribute-lookup.ts';
import { type CatalogQuota, type CatalogUsage, catalogUsage } from '../../../domain/catalog/catalog-quota.ts';
import { type CatalogChange, CatalogSnapshot } from '../../../domain/catalog/catalog-snapshot.ts';
import { checkDescription } from '../../../domain/catalog/described-types.ts';
import { type DefinitionToInsert, planDefinitions } from '../../../domain/catalog/plan-definitions.ts';
import type { RevisedDefinition } from '../../../domain/catalog/tenant-definitions.ts';
import { SHARED_TENANT, type TenantId } from '../../../domain/identifiers.ts';
import { untilAborted } from '../../../lib/abort.ts';
import { Backoff } from '../../../lifecycle/backoff.ts';
import type { Service } from '../../../lifecycle/lifecycle.ts';
import type { Logger } from '../../../observability/logger.ts';
import {
  insertDefinitions,
  lockCatalog,
  type SettledStep,
  selectChanges,
  settleStep,
  updateDefinition,
} from './catalog-row.ts';
import { describeType } from './entity-type-row.ts';

export interface CatalogOptions {
  /** The primary of the catalog's home shard. */
  readonly home: PostgresDatabase;
  /** Its URL, for the listening connection. */
  readonly homeUrl: string;
  /** The other shards or replicas, to load the catalog from if the home shard is down at start. */
  readonly copies: readonly PostgresDatabase[];
  readonly connectTimeoutMs: number;
  readonly quota: CatalogQuota;
  readonly applicationName: string;
  readonly logger: Logger;
}

const OPERATIONS: Readonly<Record<AttributeChange['kind'], AuditOperation>> = {
  update: 'UPDATE_ATTRIBUTE',
  retire: 'RETIRE_ATTRIBUTE',
  restore: 'RESTORE_ATTRIBUTE',
  delete: 'DELETE_ATTRIBUTE',
};

/**
 * Definitions made by other processes arrive within milliseconds: their transactions send a notification, and only what has
 * changed is read.
 */
export class PostgresAttributeCatalog implements AttributeCatalog, AttributeLookup, Service {
  readonly name = 'attribute catalog';
  readonly #options: CatalogOptions;
  readonly #home: PostgresDatabase;
  readonly #listener: PostgresListener;
  readonly #listeners = new Set<(tenants: ReadonlySet<TenantId>) => void>();
  #snapshot = CatalogSnapshot.EMPTY;
  #loadedFromHome = false;
  /** Work that reads the home shard or changes the snapshot runs one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #nextRefresh: Promise<void> | null = null;
  readonly #backoff = new Backoff();
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#home = options.home;
    const { homeUrl: url, connectTimeoutMs, applicationName, logger } = options;
    this.#listener = new PostgresListener(
      { url, channel: 'atlas_catalog', connectTimeoutMs, applicationName, logger },
      { onConnect: () => this.#follow(() => this.#reload()), onNotification: () => this.#follow(() => this.refresh()) },
    );
  }

  /** @throws AtlasError SHARD_UNAVAILABLE if neither the home shard nor any copy answers */
  async start(): Promise<void> {
    await this.#listener.start();
    try {
      await this.refresh();
    } catch (error) {
      await this.#loadFromCopies(error);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#listener.stop();
    await this.#last;
  }

  forTenant(tenantId: TenantId): TenantCatalog {
    return this.#snapshot.forTenant(tenantId);
  }

  usage(tenantId: TenantId): CatalogUsage {
    return catalogUsage(this.#snapshot.forTenant(tenantId), this.#options.quota);
  }

  byId(id: AttributeId): AttributeDefinition | undefined {
    return this.#snapshot.byId(id);
  }

  /** Of the catalog of all tenants, in memory. */
  get revision(): number {
    return this.#snapshot.revision;
  }

  /** The definitions of all tenants with a step under way. */
  moving(): readonly AttributeDefinition[] {
    return this.#snapshot.moving();
  }

  /**
   * Ends the step that a definition shows.
   * @returns false: someone else has, or the definition is gone.
   * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT
   */
  settleStep(definition: AttributeDefinition, next: SettledStep, signal?: AbortSignal): Promise<boolean> {
    return this.#inTurn(async () => {
      let settled: RevisedDefinition | null = null;
      const settle = async (session: PostgresSession): Promise<CatalogChange[]> => {
        await lockCatalog(session);
        const missed = await selectChanges(session, this.#snapshot.revision);
        settled = await settleStep(session, definition, next);
        return settled === null ? missed : [...missed, settled];
      };
      this.#apply(await this.#home.transaction(settle, 'READ COMMITTED', signal));
      return settled !== null;
    });
  }

  onChange(listener: (tenants: ReadonlySet<TenantId>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls that wait for the same turn share one read. */
  refresh(signal?: AbortSignal): Promise<void> {
    this.#nextRefresh ??= this.#inTurn(async () => {
      this.#nextRefresh = null;
      this.#apply(await selectChanges(this.#home, this.#snapshot.revision));
      this.#loadedFromHome = true;
    });
    return untilAborted(this.#nextRefresh, signal);
  }

  async atLeast(revision: number, signal?: AbortSignal): Promise<void> {
    if (revision > this.#snapshot.revision) await this.refresh(signal);
  }

  async define(
    author: Author,
    attributes: readonly NewAttribute[],
    signal?: AbortSignal,
    isShown?: IsShown,
  ): Promise<readonly AttributeDefinition[]> {
    // Usually all of them exist, and no database needs to be queried.
    if (this.#missing(author, attributes, this.#snapshot, isShown).length > 0) {
      await untilAborted(
        this.#inTurn(() => this.#insert(author, attributes, signal, isShown)),
        signal,
      );
    }
    return attributes.map((attribute) => {
      const { key } = attribute;
      const definition = this.forTenant(ownerOf(attribute, author)).byKey(key);
      if (definition === undefined) throw new Error(`Attribute ${key} was defined, but is not in the catalog`);
      return definition;
    });
  }

  async change(
    author: Author,
    request: ChangeRequest,
    signal?: AbortSignal,
    view: CatalogView = (catalog) => catalog,
  ): Promise<AttributeDefinition> {
    await untilAborted(
      this.#inTurn(() => this.#change(author, request, signal, view)),
      signal,
    );
    return definitionByKey(view(this.forTenant(author.tenantId)), request.key);
  }

  describeType(author: Author, type: string, description: string | null, signal?: AbortSignal): Promise<void> {
    const describe = async (session: PostgresSession): Promise<CatalogChange[]> => {
      await lockCatalog(session);
      const missed = await selectChanges(session, this.#snapshot.revision);
      const { typeDescriptions } = this.#snapshot.with(missed).snapshot.forTenant(author.tenantId);
      if (!checkDescription(typeDescriptions, type, description)) return missed;
      return [...missed, await describeType(session, author, type, description)];
    };
    return untilAborted(
      this.#inTurn(async () => this.#apply(await this.#home.transaction(describe, 'READ COMMITTED', signal))),
      signal,
    );
  }

  async #change(
    author: Author,
    request: ChangeRequest,
    signal: AbortSignal | undefined,
    view: CatalogView,
  ): Promise<void> {
    const { tenantId } = author;
    const update = async (session: PostgresSession): Promise<CatalogChange[]> => {
      await lockCatalog(session);
      const missed = await selectChanges(session, this.#snapshot.revision);
      const { snapshot } = this.#snapshot.with(missed);
      const visible = snapshot.visibleTo(tenantId);
      const changed = planChange(request, view(snapshot.forTenant(tenantId)), visible, this.#options.quota);
      if (changed === null) return missed;
      return [...missed, await updateDefinition(session, author, OPERATIONS[request.change.kind], changed)];
    };
    this.#apply(await this.#home.transaction(update, 'READ COMMITTED', signal));
  }

  /** Brings the snapshot up to date under the lock first, so that the checks hold against concurrent definitions. */
  async #insert(
    author: Author,
    attributes: readonly NewAttribute[],
    signal: AbortSignal | undefined,
    isShown: IsShown | undefined,
  ): Promise<void> {
    const insert = async (session: PostgresSession): Promise<CatalogChange[]> => {
      await lockCatalog(session);
      const missed = await selectChanges(session, this.#snapshot.revision);
      const { snapshot } = this.#snapshot.with(missed);
      const changes = missed;
      for (const { owner, definitions } of this.#missing(author, attributes, snapshot, isShown)) {
        changes.push(...(await insertDefinitions(session, author, owner, definitions)));
      }
      return changes;
    };
    this.#apply(await this.#home.transaction(insert, 'READ COMMITTED', signal));
  }

  /** By owner. */
  #missing(
    author: Author,
    attributes: readonly NewAttribute[],
    snapshot: CatalogSnapshot,
    isShown: IsShown | undefined,
  ): { readonly owner: TenantId; readonly definitions: readonly DefinitionToInsert[] }[] {
    const { quota } = this.#options;
    const owners = new Set(attributes.map((attribute) => ownerOf(attribute, author)));
    return Array.from(owners, (owner) => {
      const own = attributes.filter((attribute) => ownerOf(attribute, author) === owner);
      return { owner, definitions: planDefinitions(owner, own, snapshot.visibleTo(owner), quota, isShown) };
    }).filter(({ definitions }) => definitions.length > 0);
  }

  #apply(changes: readonly CatalogChange[]): void {
    const { snapshot, tenants } = this.#snapshot.with(changes);
    this.#replace(snapshot, tenants);
  }

  #replace(snapshot: CatalogSnapshot, tenants: ReadonlySet<TenantId>): void {
    this.#snapshot = snapshot;
    if (tenants.size > 0) for (const listener of this.#listeners) listener(tenants);
  }

  /** Reloads everything: after a lost connection, the home shard may be another server with another history. */
  #reload(): Promise<void> {
    return this.#inTurn(async () => {
      const { snapshot } = CatalogSnapshot.EMPTY.with(await selectChanges(this.#home, 0));
      this.#loadedFromHome = true;
      this.#replace(snapshot, snapshot.differences(this.#snapshot));
    });
  }

  async #loadFromCopies(reason: unknown): Promise<void> {
    const { copies, logger } = this.#options;
    for (const copy of copies) {
      try {
        await this.#inTurn(async () => {
          const changes = await selectChanges(copy, this.#snapshot.revision);
          if (!this.#loadedFromHome) this.#apply(changes);
        });
        logger.warn({ home: this.#home.shard, copy: copy.shard }, 'the catalog was loaded from a copy');
        return;
      } catch (error) {
        logger.debug({ copy: copy.shard, err: String(error) }, 'the catalog could not be loaded from a copy');
      }
    }
    throw reason;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** For work that is not awaited. After a failure, the catalog is reloaded until that succeeds. */
  #follow(work: () => Promise<void>): void {
    work().then(
      () => this.#backoff.reset(),
      (error: unknown) => {
        if (this.#stopped) return;
        this.#options.logger.warn({ err: String(error) }, 'the catalog could not be read; retrying');
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#follow(() => this.#reload()), this.#backoff.next());
      },
    );
  }
}

function ownerOf({ shared = false }: NewAttribute, { tenantId }: Author): TenantId {
  return shared ? SHARED_TENANT : tenantId;
}

import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ObjectStore } from '../../connections/objects/object-store.ts';
import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Clock } from '../../lib/clock.ts';
import { FILE_SIZES, type FileSizes, faultOf, readFile, writeFiles } from './archive-files.ts';
import {
  type ArchivedFile,
  type ArchivedMonth,
  type ArchiveSet,
  attemptedAt,
  attemptPrefix,
  folderOf,
  folderOfTenant,
  isManifest,
  manifestText,
  monthOfName,
  parseManifest,
  prefixOf,
} from './archive-set.ts';
import type { ArchivedChange } from './archived-change.ts';
import { countMonth, type MonthRange, readMonth } from './month-changes.ts';

/** Where what is archived is read, on the server that answers. */
const CHANGES = ['entity_change'];

export interface HistoryArchiveOptions {
  readonly store: ObjectStore;
  readonly shard: ShardId;
  /** The result of one statement should be bounded: pages are as large as it allows. */
  readonly clickhouse: ClickHouseSession;
  readonly attributes: AttributeLookup;
  readonly clock: Clock;
  readonly sizes?: FileSizes;
}

/** What an erasure takes: every change of the entity, or of the tenant, that committed up to `bound` or was made before the erasure. */
export interface ErasedChanges {
  readonly tenantId: TenantId;
  /** Null: everything of the tenant. */
  readonly entityId: EntityId | null;
  readonly bound: bigint;
  /**
   * When the erasure was, in milliseconds since the epoch: files from before positions began anew have larger ones. What was created again has later
   * changes.
   */
  readonly requestedAt: number;
}

/**
 * The history of one shard that ClickHouse does not keep any more, as Parquet files: for each tenant and month one set, and another one for what is captured later.
 *
 * Processes may write at the same time, if one of them was suspended and another has taken over: they never write over each other's objects, and each believes only what it
 * reads again. An erasure that ClickHouse knows is left out; one that it learns of while a set is written makes the attempt fail, or finds its files.
 */
export class HistoryArchive {
  readonly #options: HistoryArchiveOptions;
  readonly #sizes: FileSizes;
  /** What is done with the objects of a tenant, one after the other. */
  readonly #work = new Map<TenantId, Promise<unknown>>();

  constructor(options: HistoryArchiveOptions) {
    this.#options = options;
    this.#sizes = options.sizes ?? FILE_SIZES;
  }

  /**
   * Resolves when every change of the month that committed before `to` has been read back from the archive.
   * @throws ObjectStoreError, SourceError, or the signal's reason: it is not certain that they are there.
   */
  keep(tenantId: TenantId, month: number, to: bigint, signal: AbortSignal): Promise<void> {
    return this.#alone(tenantId, async (startedAt) => {
      const of = { tenantId, month, shard: this.#options.shard };
      const sets = await this.#sets(of, await this.#options.store.list(prefixOf(of), signal), signal);
      let from = 0n;
      for (const set of sets) {
        await this.#verify(set, signal);
        if (from < set.from) await this.#fill({ month: of, from, to: set.from }, signal);
        from = larger(from, set.to);
      }
      if (from < to) await this.#write({ month: of, from, to }, signal);
      await this.#removeStrays(of, startedAt, signal);
    });
  }

  /** What is missing between sets. */
  async #fill(range: MonthRange, signal: AbortSignal): Promise<void> {
    if ((await this.#write(range, signal)) !== null) return;
    throw incomplete(
      `${prefixOf(range.month)}* has nothing of the changes from position ${range.from} up to ${range.to}, and neither has ClickHouse; restore the files`,
    );
  }

  /** Resolves when no object has any of it. @throws as `keep` does: some of it may still be there. */
  async erase(erased: readonly ErasedChanges[], signal: AbortSignal): Promise<void> {
    for (const tenantId of new Set(erased.map((one) => one.tenantId))) {
      const ofTenant = erased.filter((one) => one.tenantId === tenantId);
      await this.#alone(tenantId, (startedAt) => this.#eraseOf(tenantId, ofTenant, startedAt, signal));
    }
  }

  async #eraseOf(
    tenantId: TenantId,
    erased: readonly ErasedChanges[],
    startedAt: number,
    signal: AbortSignal,
  ): Promise<void> {
    // Another process may write meanwhile what has not been looked at.
    while (await this.#erasePass(tenantId, erased, startedAt, signal)) signal.throwIfAborted();
  }

  /** @returns whether there was something to erase. */
  async #erasePass(
    tenantId: TenantId,
    erased: readonly ErasedChanges[],
    startedAt: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { store, shard } = this.#options;
    let isChanged = false;
    const names = await store.list(folderOfTenant(tenantId), signal);
    for (const [month, own] of this.#byMonth(names)) {
      const of = { tenantId, month, shard };
      const sets = await this.#sets(of, own, signal);
      for (const set of sets) if (await this.#eraseFrom(set, erased, signal)) isChanged = true;
      if (!(await this.#removeStrays(of, startedAt, signal))) {
        throw new Error(
          `Another process is writing to the archive of tenant ${tenantId}; its files are looked at again.`,
        );
      }
      // Sets without changes stand for their positions between others, and for nothing if there is no other.
      if (sets.every(({ files }) => files.length === 0)) {
        const empty = sets.map(({ name }) => name);
        await store.remove(empty, signal);
      }
    }
    return isChanged;
  }

  #byMonth(names: readonly string[]): ReadonlyMap<number, readonly string[]> {
    const months = new Map<number, string[]>();
    for (const name of names) {
      const found = monthOfName(name);
      if (found?.shard !== this.#options.shard) continue;
      months.set(found.month, [...(months.get(found.month) ?? []), name]);
    }
    return months;
  }

  /** Those that count: of two that have the same, the one that was written again, or the first. @param names of the month and shard. */
  async #sets(month: ArchivedMonth, names: readonly string[], signal: AbortSignal): Promise<readonly ArchiveSet[]> {
    const found: ArchiveSet[] = [];
    for (const name of names.filter(isManifest)) {
      const text = await this.#read(name, signal);
      if (text !== null) found.push(parseManifest(name, month, text));
    }
    found.sort(byPrecedence);
    const counting: ArchiveSet[] = [];
    const others: ArchiveSet[] = [];
    for (const set of found) {
      const isAlone = found.every((other) => other === set || !(covers(other, set) || covers(set, other)));
      // The word of a set against that of another counts only if its files are there.
      const counts = isAlone || (!isCovered(set, counting) && (await this.#faultOf(set, signal)) === null);
      (counts ? counting : others).push(set);
    }
    for (const set of others) {
      if (!isCovered(set, counting)) throw incomplete(String(await this.#faultOf(set, signal)));
      await this.#options.store.remove([set.name], signal);
    }
    return counting;
  }

  async #write(range: MonthRange, signal: AbortSignal): Promise<ArchiveSet | null> {
    const { store, clickhouse, attributes } = this.#options;
    const prefix = this.#newPrefix(range.month, range.from);
    return this.#attempt(prefix, async () => {
      await clickhouse.catchUp(CHANGES, signal);
      const { serverChanges } = clickhouse;
      const changes = readMonth(clickhouse, range, attributes, signal);
      const files = await writeFiles(store, prefix, changes, this.#sizes, signal);
      const rows = rowsOf(files);
      await clickhouse.catchUp(CHANGES, signal);
      // An erasure that has come in between is in the files.
      const expected = await countMonth(clickhouse, range, signal);
      if (clickhouse.serverChanges !== serverChanges) {
        throw new Error(`${prefix}: another server of ClickHouse has answered in between: it is tried again.`);
      }
      if (rows !== expected) {
        throw new Error(`${prefix}: ${expected} changes are to be archived, but ${rows} were read: it is tried again.`);
      }
      if (rows === 0) return null;
      const set = { ...range, name: `${prefix}.json`, revision: 0, rows, files };
      await this.#announce(set, signal);
      return set;
    });
  }

  /** The set is written again if it has any of it. @returns whether it was. */
  async #eraseFrom(set: ArchiveSet, erased: readonly ErasedChanges[], signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    const isLeft = whatIsLeft(erased);
    const concerned = new Set<ArchivedFile>();
    for (const file of set.files) {
      if (await this.#holdsErased(set, file, erased, isLeft, signal)) concerned.add(file);
    }
    if (concerned.size === 0) return false;
    const prefix = this.#newPrefix(set.month, set.from);
    await this.#attempt(prefix, async () => {
      const files: ArchivedFile[] = [];
      for (const [place, file] of set.files.entries()) {
        if (concerned.has(file)) {
          const rows = this.#rowsLeft(set, file, isLeft, signal);
          files.push(...(await writeFiles(store, `${prefix}.${place + 1}`, rows, this.#sizes, signal)));
        } else files.push(file);
      }
      const again = { ...set, name: `${prefix}.json`, revision: set.revision + 1, rows: rowsOf(files), files };
      await this.#announce(again, signal);
      await this.#requireAlone(again, set, signal);
    });
    await store.remove([set.name], signal);
    return true;
  }

  /**
   * Of two processes that write the same set again, neither knows what the other leaves out. At least one finds the other's set here, and gives up its own.
   * @throws Error
   */
  async #requireAlone(again: ArchiveSet, before: ArchiveSet, signal: AbortSignal): Promise<void> {
    const names = (await this.#options.store.list(prefixOf(again.month), signal)).filter(isManifest);
    let isAlone = names.includes(before.name);
    for (const name of names.filter((one) => one !== before.name && one !== again.name)) {
      const text = await this.#read(name, signal);
      const other = text === null ? null : parseManifest(name, again.month, text);
      if (other !== null && (covers(other, again) || covers(again, other))) isAlone = false;
    }
    if (!isAlone) throw new Error(`Another process has written ${before.name} again; it is looked at again.`);
  }

  async #holdsErased(
    set: ArchiveSet,
    file: ArchivedFile,
    erased: readonly ErasedChanges[],
    isLeft: (row: ErasableChange) => boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const mayHold = erased.some(
      ({ entityId }) =>
        entityId === null || (BigInt(entityId) >= file.firstEntity && BigInt(entityId) <= file.lastEntity),
    );
    if (!mayHold) return false;
    for await (const rows of readFile(await this.#open(set, file, signal), ERASABLE)) {
      if (!rows.every(isLeft)) return true;
    }
    return false;
  }

  async *#rowsLeft(
    set: ArchiveSet,
    file: ArchivedFile,
    isLeft: (row: ErasableChange) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ArchivedChange[]> {
    for await (const rows of readFile(await this.#open(set, file, signal))) {
      signal.throwIfAborted();
      yield rows.filter(isLeft);
    }
  }

  async #open(set: ArchiveSet, { name }: ArchivedFile, signal: AbortSignal) {
    const path = folderOf(set.month) + name;
    const object = await this.#options.store.open(path, signal);
    if (object === null) throw new Error(`${path} is missing in the archive of the history.`);
    return object;
  }

  /** Writes the manifest, and reads everything of the set again. */
  async #announce(set: ArchiveSet, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const text = manifestText(set, new Date(clock.now()));
    await store.write(set.name, contentOf(text), signal);
    if ((await this.#read(set.name, signal)) !== text) throw new Error(`${set.name} is not what was written.`);
    await this.#verify(set, signal);
  }

  async #verify(set: ArchiveSet, signal: AbortSignal): Promise<void> {
    const fault = await this.#faultOf(set, signal);
    if (fault !== null) throw incomplete(fault);
  }

  #faultOf(set: ArchiveSet, signal: AbortSignal): Promise<string | null> {
    return faultOf(this.#options.store, set, signal);
  }

  async #read(name: string, signal: AbortSignal): Promise<string | null> {
    const object = await this.#options.store.open(name, signal);
    return object === null ? null : new TextDecoder().decode(await object.slice(0));
  }

  #newPrefix(month: ArchivedMonth, from: bigint): string {
    return attemptPrefix(month, from, this.#options.clock.now());
  }

  /** What fails leaves nothing, if the store allows it. Otherwise the next run removes it. */
  async #attempt<T>(prefix: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { store } = this.#options;
      await store
        .remove([`${prefix}.json`])
        .then(async () => store.remove(await store.list(prefix)))
        .catch(() => {});
      throw error;
    }
  }

  /**
   * Removes the files that no manifest names: of attempts that were interrupted, and those that were written again. What began after `startedAt` may be
   * the work of a process that has taken over, and stays.
   * @returns whether nothing of the kind stays.
   */
  async #removeStrays(month: ArchivedMonth, startedAt: number, signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    const names = await store.list(prefixOf(month), signal);
    const known = new Set(names.filter(isManifest));
    for (const name of [...known]) {
      const text = await this.#read(name, signal);
      if (text === null) continue;
      for (const file of parseManifest(name, month, text).files) known.add(folderOf(month) + file.name);
    }
    const strays = names.filter((name) => !known.has(name));
    const removed = strays.filter((name) => (attemptedAt(name) ?? Number.POSITIVE_INFINITY) <= startedAt);
    await store.remove(removed, signal);
    return removed.length === strays.length;
  }

  async #alone<T>(tenantId: TenantId, work: (startedAt: number) => Promise<T>): Promise<T> {
    const before = this.#work.get(tenantId) ?? Promise.resolve();
    const mine = before.then(() => work(this.#options.clock.now()));
    const settled = mine.then(
      () => {},
      () => {},
    );
    this.#work.set(tenantId, settled);
    await settled;
    if (this.#work.get(tenantId) === settled) this.#work.delete(tenantId);
    return mine;
  }
}

const ERASABLE = ['entity_id', 'position', 'operation', 'at'] as const;
type ErasableChange = Pick<ArchivedChange, (typeof ERASABLE)[number]>;

/** Whether a change is left. Erasures of single entities stay known, as in ClickHouse, until everything of the tenant is erased. */
function whatIsLeft(erased: readonly ErasedChanges[]): (change: ErasableChange) => boolean {
  const byEntity = new Map<bigint | null, ErasedChanges[]>();
  for (const one of erased) {
    const id = one.entityId === null ? null : BigInt(one.entityId);
    byEntity.set(id, [...(byEntity.get(id) ?? []), one]);
  }
  const isErasedBy = ({ position, at }: ErasableChange, key: bigint | null): boolean =>
    byEntity.get(key)?.some(({ bound, requestedAt }) => position <= bound || at.getTime() < requestedAt) === true;
  return (change) =>
    !isErasedBy(change, null) && (change.operation === 'ERASED' || !isErasedBy(change, change.entity_id));
}

const larger = (a: bigint, b: bigint): bigint => (a < b ? b : a);

/** Whether the first has everything that the second has. */
function covers(first: ArchiveSet, second: ArchiveSet): boolean {
  return first.from <= second.from && first.to >= second.to;
}

const isCovered = (set: ArchiveSet, by: readonly ArchiveSet[]): boolean => by.some((other) => covers(other, set));

const incomplete = (fault: string): Error => new Error(`The archive of the history is not complete: ${fault}.`);

function byPrecedence(a: ArchiveSet, b: ArchiveSet): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  if (a.revision !== b.revision) return b.revision - a.revision;
  if (a.to !== b.to) return a.to > b.to ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

const rowsOf = (files: readonly ArchivedFile[]): number => files.reduce((sum, { rows }) => sum + rows, 0);

async function* contentOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

import { entityTypes } from '../datasources/questions/entity-types.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import { attemptAsync, isError } from '../domain/attempt.ts';
import type { TenantCatalog } from '../domain/catalog/attribute.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import { nearestText } from '../lib/nearest-text.ts';
import type { KnownTypes } from './known-types.ts';

/** What a response says about an answer that is right, but maybe not what its client has expected. */
export interface Hint {
  readonly code: 'TYPE_UNKNOWN';
  readonly message: string;
}

export interface TypeHintsOptions {
  readonly tenantId: TenantId;
  readonly reads: RoutedReads;
  readonly known: KnownTypes;
  /** Whether the caller may learn which types there are. */
  readonly mayRead: boolean;
}

/** Of more types than this, only the first are compared with a name. */
const MAX_NAMES = 500;
/** A query can name many types. */
const MAX_HINTS = 20;

/**
 * Hints of one request that no entity has a type that it asked for. An empty answer of a type that this process has not met costs one statement
 * more, once for the request; all others cost nothing.
 */
export class TypeHints {
  readonly #options: TypeHintsOptions;
  readonly #hints = new Map<string, Hint>();
  #names: Promise<readonly string[] | null> | null = null;

  constructor(options: TypeHintsOptions) {
    this.#options = options;
  }

  /** In the order of the types, whichever read ended first. */
  get hints(): readonly Hint[] {
    return [...this.#hints].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, hint]) => hint);
  }

  /**
   * To be called when a read of a type has found nothing. A read that cannot find out about the type gives no hint, and no error.
   * @param requirement of the read that found nothing.
   * @param catalog as the caller sees it. A type that is described, or that one of its definitions lists, is known, whether or not entities have it.
   */
  async foundNothing(type: string, requirement: FreshnessRequirement, catalog: TenantCatalog): Promise<void> {
    const { tenantId, known, mayRead } = this.#options;
    if (known.has(tenantId, type) || this.#hints.size >= MAX_HINTS) return;
    const listed = new Set([...catalog.typeDescriptions.keys(), ...catalog.all().flatMap((one) => one.entityTypes)]);
    if (listed.has(type)) return;
    this.#names ??= this.#read('', MAX_NAMES, requirement);
    const names = await this.#names;
    if (names === null || names.includes(type)) return;
    // With more types than were read, this one may be among the others.
    const isAmong = names.length < MAX_NAMES ? [] : await this.#read(type, 1, requirement);
    if (isAmong === null || isAmong.includes(type)) return;
    if (this.#hints.size >= MAX_HINTS) return; // others were found meanwhile
    this.#hints.set(type, {
      code: 'TYPE_UNKNOWN',
      message: `No entity has type "${type}"${mayRead ? remedy(type, [...new Set([...names, ...listed])]) : '.'}`,
    });
  }

  /** The names of types from one on; null if they cannot be read. */
  async #read(from: string, limit: number, requirement: FreshnessRequirement): Promise<readonly string[] | null> {
    const { tenantId, reads, known } = this.#options;
    const question = entityTypes({ tenantId, from, isFromIncluded: true, limit, isCounted: false });
    const answer = await attemptAsync(() => reads.ask(question, requirement));
    if (isError(answer)) return null;
    const names = answer.data.map(({ type }) => type);
    for (const name of names) known.add(tenantId, name);
    return names;
  }
}

function remedy(type: string, names: readonly string[]): string {
  const meant = nearestText(type, names.slice(0, 2 * MAX_NAMES));
  return meant === null ? '; entityTypes lists all types.' : `; did you mean "${meant}"?`;
}

import type { EntityId, ShardId } from '../../domain/identifiers.ts';
import type { BoundParameters } from './bound-parameters.ts';

/** A copy of a shard that a statement reads. */
export interface ReadCopy {
  readonly copyId: bigint;
  /** The position of its watermark, as read before the data: every transaction that committed before it is in the copy. */
  readonly lsn: bigint;
  /** Taken for granted: no row of it was committed at that position or later. Whoever says so checks it once the data has been read. */
  readonly isSettled?: boolean;
  /** Taken for granted: no text that the statement returns goes on beyond its indexed beginning. Whoever says so looks at those that were returned. */
  readonly hasWholeTexts?: boolean;
  /** Entities that are left out, because another source answers for them. */
  readonly except?: readonly EntityId[];
}

/** By shard. One without a complete copy is left out: nothing is read of it. */
export type ReadCopies = ReadonlyMap<ShardId, ReadCopy>;

/** The conditions that choose copies in `entity` and `entity_attribute`. */
export class CopyConditions {
  readonly #copies: readonly ReadCopy[];
  readonly #parameters: BoundParameters;
  readonly #ids: string;
  #unsettled: string | null = null;

  constructor(copies: ReadCopies, parameters: BoundParameters) {
    this.#copies = [...copies.values()];
    this.#parameters = parameters;
    this.#ids = parameters.bindList(
      this.#copies.map(({ copyId }) => copyId),
      'UInt64',
    );
  }

  /** Copy ids are unique over all shards. */
  isRead(column = 'copy_id'): string {
    return `${column} IN ${this.#ids}`;
  }

  /** Whether an entity is not left out. An id occurs on one shard only. */
  isAsked(id: string): string {
    const except = this.#copies.flatMap((copy) => copy.except ?? []);
    return except.length === 0 ? 'true' : `${id} NOT IN ${this.#parameters.bindList(except.map(BigInt), 'UInt64')}`;
  }

  /** Whether all rows of every copy are settled, so that nothing need be looked for that is not. */
  get areSettled(): boolean {
    return this.#copies.every(({ isSettled }) => isSettled === true);
  }

  /** Whether no text is looked for that goes on beyond its indexed beginning. */
  get haveWholeTexts(): boolean {
    return this.#copies.every(({ hasWholeTexts }) => hasWholeTexts === true);
  }

  /**
   * Whether a row of `copy_id` and `lsn` was committed at its copy's watermark or later, so that the other rows of its transaction may
   * be missing. Written so that ClickHouse skips parts by their smallest and largest values.
   */
  get isUnsettled(): string {
    this.#unsettled ??= this.#copies
      .map(({ copyId, lsn }) => {
        const [copy, from] = [this.#parameters.bind(copyId, 'UInt64'), this.#parameters.bind(lsn, 'UInt64')];
        return `copy_id = ${copy} AND lsn >= ${from}`;
      })
      .join(' OR ');
    return this.#unsettled === '' ? 'false' : `(${this.#unsettled})`;
  }
}

import { type DocumentNode, Kind, parse, visit } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { RequestLimits } from '../../config/request-limits.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';

export type QuerySizeLimits = Pick<RequestLimits, 'maxQueryLength' | 'maxQueryFields' | 'maxQueryFragments'>;

/** Total length of the texts in memory that are known to be within the limits. */
const MAX_KNOWN_CHARACTERS = 4_000_000;
/** `fragment F on T{f}` */
const SHORTEST_FRAGMENT = 18;
/** A name and what separates it from the next. */
const SHORTEST_FIELD = 2;

/**
 * Refuses query texts that are too large, before anything else of the query: reading a query takes time in proportion to its length, and validation
 * compares its fields and its fragments with each other, in quadratic time.
 */
export class QuerySize {
  readonly #limits: QuerySizeLimits;
  readonly #known = new LRUCache<string, true>({
    maxSize: MAX_KNOWN_CHARACTERS,
    sizeCalculation: (_, text) => text.length,
  });

  constructor(limits: QuerySizeLimits) {
    this.#limits = limits;
  }

  /** @throws AtlasError LIMIT_EXCEEDED */
  check(text: string): void {
    const { maxQueryLength, maxQueryFields, maxQueryFragments } = this.#limits;
    if (text.length > maxQueryLength) {
      throw tooLarge(
        `has ${text.length} characters; the limit is ${maxQueryLength}, without values sent as variables`,
        overLimit('Send values as variables', 'ATLAS_MAX_QUERY_LENGTH'),
      );
    }
    if (text.length <= Math.min(maxQueryFields * SHORTEST_FIELD, maxQueryFragments * SHORTEST_FRAGMENT)) return;
    if (this.#known.get(text) !== undefined) return;
    const document = parsed(text);
    if (document === null) return;
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).length;
    if (fragments > maxQueryFragments) {
      throw tooLarge(
        `defines ${fragments} fragments; the limit is ${maxQueryFragments}`,
        overLimit('Use fewer fragments', 'ATLAS_MAX_QUERY_FRAGMENTS'),
      );
    }
    const fields = countFields(document);
    if (fields > maxQueryFields) {
      throw tooLarge(
        `has ${fields} fields and fragment spreads; the limit is ${maxQueryFields}`,
        overLimit('Select fewer fields', 'ATLAS_MAX_QUERY_FIELDS'),
      );
    }
    this.#known.set(text, true);
  }
}

function tooLarge(what: string, hint: string): AtlasError {
  return new AtlasError('LIMIT_EXCEEDED', `The query ${what}.`, { hint });
}

/** Null if it does not parse, which is reported when it is executed. */
function parsed(text: string): DocumentNode | null {
  try {
    return parse(text, { noLocation: true });
  } catch {
    return null;
  }
}

function countFields(document: DocumentNode): number {
  let fields = 0;
  const count = () => {
    fields += 1;
  };
  visit(document, { Field: count, FragmentSpread: count });
  return fields;
}

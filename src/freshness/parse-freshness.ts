import { AtlasError } from '../domain/errors.ts';
import { decodeToken, type TokenScope } from './consistency-token.ts';
import {
  FALLBACK_STRATEGIES,
  type FallbackStrategy,
  FRESHNESS_CLASSES,
  type FreshnessClass,
  type FreshnessRequest,
} from './freshness.ts';

/** The longest wait for a token that a request may set, in milliseconds. */
const MAX_WAIT_MS = 30_000;
const MAX_LAG_MS = 2 ** 31 - 1;

/** A `FreshnessInput`, or the arguments of `@freshness`, as GraphQL delivers them. */
export interface FreshnessArguments {
  readonly class?: FreshnessClass | null | undefined;
  readonly maxLagMs?: number | null | undefined;
  readonly fallback?: FallbackStrategy | null | undefined;
  readonly after?: string | null | undefined;
  readonly maxWaitMs?: number | null | undefined;
}

/** @throws AtlasError BAD_FRESHNESS */
export function parseFreshness(given: FreshnessArguments, scope: TokenScope): FreshnessRequest {
  return {
    ...(given.class != null && { class: given.class }),
    ...(given.maxLagMs != null && { maxLagMs: within('maxLagMs', given.maxLagMs, MAX_LAG_MS) }),
    ...(given.fallback != null && { fallback: given.fallback }),
    ...(given.after != null && { after: decodeToken(given.after, scope) }),
    ...(given.maxWaitMs != null && { maxWaitMs: within('maxWaitMs', given.maxWaitMs, MAX_WAIT_MS) }),
  };
}

/**
 * @param headers names in lower case.
 * @throws AtlasError BAD_FRESHNESS
 */
export function parseFreshnessHeaders(headers: ReadonlyMap<string, string>, scope: TokenScope): FreshnessRequest {
  const requirement = headers.get('x-freshness-requirement');
  const maxLag = headers.get('x-max-acceptable-lag-ms');
  const fallback = headers.get('x-fallback-strategy');
  const token = headers.get('x-consistency-token');
  return parseFreshness(
    {
      class: requirement === undefined ? null : oneOf('x-freshness-requirement', requirement, FRESHNESS_CLASSES),
      maxLagMs: maxLag === undefined ? null : within('x-max-acceptable-lag-ms', wholeNumber(maxLag), MAX_LAG_MS),
      fallback: fallback === undefined ? null : oneOf('x-fallback-strategy', fallback, FALLBACK_STRATEGIES),
      after: token,
    },
    scope,
  );
}

function within(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new AtlasError(
    'BAD_FRESHNESS',
    `${name} is not valid; expected a whole number of milliseconds from 0 to ${most}.`,
  );
}

function wholeNumber(text: string): number {
  return /^[0-9]{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === text.trim().toUpperCase());
  if (value !== undefined) return value;
  throw new AtlasError('BAD_FRESHNESS', `${name} is not valid; expected one of ${values.join(', ').toLowerCase()}.`);
}

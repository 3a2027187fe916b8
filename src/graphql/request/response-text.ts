import { Permits } from '../../connections/permits.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { eventLoopTurns, SLICE_MS } from '../../lib/event-loop-turns.ts';
import { sizeUpTo } from '../../lib/is-larger.ts';

/** What is written at once, in the units of `sizeUpTo`; a longer text is written at once, too. */
const PIECE = 200_000;

/** Larger texts are made by a few at a time: each is there twice for a moment. */
const LARGE = 1_000_000;
const LARGE_AT_ONCE = 4;
const LONGEST_WAIT_MS = 30_000;
const largeTexts = new Permits(
  LARGE_AT_ONCE,
  LONGEST_WAIT_MS,
  () =>
    new AtlasError(
      'LIMIT_EXCEEDED',
      'Too many large responses are written at once; retry, or request less data. If the request was a mutation, it has been executed.',
      { hint: 'Retry, or request less data.' },
    ),
);

/**
 * The text of a response, or of an error if it would have more than `maxBytes`. A large one is written piece by piece, between which the event loop turns, and no
 * further than the limit: what a few fields select may be very large.
 */
export async function responseText(response: object, maxBytes: number): Promise<string> {
  const size = sizeUpTo(response, LARGE);
  const isLarge = size > LARGE;
  if (isLarge) await largeTexts.acquire();
  try {
    const written: string[] = [];
    let bytes = 0;
    let since = performance.now();
    for (const piece of pieces(response, size)) {
      bytes += Buffer.byteLength(piece);
      if (bytes > maxBytes) return tooLarge(maxBytes);
      written.push(piece);
      if (bytes > PIECE && performance.now() - since >= SLICE_MS) {
        await eventLoopTurns.next();
        since = performance.now();
      }
    }
    return `${written.join('')}\n`;
  } finally {
    if (isLarge) largeTexts.release();
  }
}

function tooLarge(maxBytes: number): string {
  const { message, code, hint } = new AtlasError(
    'LIMIT_EXCEEDED',
    `The response has more than ${maxBytes} bytes, the limit. Request fewer items, or fewer fields of each. If the request was a mutation, it has been executed.`,
    { hint: overLimit('Request fewer items, or fewer fields of each', 'ATLAS_MAX_RESPONSE_BYTES') },
  );
  return `${JSON.stringify({ errors: [{ message, extensions: { hint, code } }] })}\n`;
}

/** @param size of the value. */
function* pieces(value: unknown, size: number): Generator<string, void, undefined> {
  if (size <= PIECE || !isContainer(value)) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  if (Array.isArray(value)) {
    yield '[';
    yield* items(value);
    yield ']';
    return;
  }
  let separator = '';
  yield '{';
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    yield* pieces(member, sizeUpTo(member, PIECE));
    separator = ',';
  }
  yield '}';
}

/** As many small items at once as fit into a piece. */
function* items(list: readonly unknown[]): Generator<string, void, undefined> {
  let separator = '';
  let start = 0;
  let size = 0;
  for (const [index, item] of list.entries()) {
    const own = sizeUpTo(item, PIECE);
    if (size + own > PIECE && index > start) {
      yield `${separator}${withoutBrackets(list.slice(start, index))}`;
      [separator, start, size] = [',', index, 0];
    }
    size += own;
    if (own <= PIECE) continue;
    yield separator;
    yield* pieces(item, own);
    [separator, start, size] = [',', index + 1, 0];
  }
  if (start < list.length) yield `${separator}${withoutBrackets(list.slice(start))}`;
}

function withoutBrackets(list: readonly unknown[]): string {
  return JSON.stringify(list).slice(1, -1);
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !('toJSON' in value);
}

import type { ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import type { EventAnswers } from '../graphql/graphql-handler.ts';

const EVENT_STREAM = 'text/event-stream';
const JSON_TYPES = ['application/json', 'application/graphql-response+json'];
/** Keeps proxies from taking a stream without events for a dead one. */
const COMMENT_MS = 10_000;

/** How a client wants to be answered, by its header `accept`. */
export interface WantedAnswer {
  /** Whether it takes server-sent events (by name: not as a part of any type). */
  readonly events: boolean;
  /** Whether it takes a single answer as JSON, too. */
  readonly json: boolean;
  /** The header for whoever answers with JSON. */
  readonly accept: string;
}

/** Clients send few different headers, again and again. */
const MOST_REMEMBERED = 100;
const remembered = new LRUCache<string, WantedAnswer>({ max: MOST_REMEMBERED, memoMethod: negotiated });

export function wantedAnswer(accept: string | undefined): WantedAnswer {
  return remembered.memo(accept ?? '*/*');
}

function negotiated(accept: string): WantedAnswer {
  const negotiator = new Negotiator({ headers: { accept } });
  const events = negotiator.mediaTypes().includes(EVENT_STREAM);
  const json = negotiator.mediaType(JSON_TYPES) !== undefined;
  return { events, json, accept: json ? accept : 'application/graphql-response+json' };
}

export const EVENT_STREAM_HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  // A proxy that collects the stream would hold the events back.
  'x-accel-buffering': 'no',
} as const;

/** An event of GraphQL over SSE, in distinct connections mode. @param body JSON text. */
export function nextEvent(body: string): string {
  return `event: next\n${body
    .trim()
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}

export const COMPLETE_EVENT = 'event: complete\ndata:\n\n';

/**
 * Sends answers as server-sent events until they are done, or the client has gone, which the signal says: a response behind another one on its connection does not. The next one is taken once the one before has left the process, so that
 * what a slow client has not read waits where it is counted.
 */
export async function sendEvents(response: ServerResponse, answers: EventAnswers, signal: AbortSignal): Promise<void> {
  let isWriting = false;
  const write = async (text: string): Promise<void> => {
    if (signal.aborted) return;
    isWriting = true;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      response.write(text, done);
    });
    isWriting = false;
  };
  // Not while something has not left: a client that reads nothing would never be found silent.
  const comments = setInterval(() => {
    if (!isWriting) void write(':\n\n');
  }, COMMENT_MS);
  try {
    // So that the client knows that it is subscribed.
    await write(':\n\n');
    let next = await answers.next();
    for (; next.done !== true && !signal.aborted; next = await answers.next()) await write(nextEvent(next.value));
    if (typeof next.value === 'string' && next.done === true) await write(nextEvent(next.value));
    if (!signal.aborted) await write(COMPLETE_EVENT);
  } finally {
    clearInterval(comments);
    await answers.return?.();
    response.end();
  }
}

import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DocumentNode, Kind, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventStreamSubscriber, take } from '../graphql/support/subscribers.ts';
import { type AtlasProcess, type GraphQLAnswer, startAtlasDev } from '../support/atlas-process.ts';

const docs = resolve(import.meta.dirname, '../../docs');
/** Stands in a printed answer for a value that differs between runs. */
const ANY = '…';
const FIRST_TENANT = 100;
/** The built-in roles, and those that the documents speak of. */
const ROLES = 'read write define analytics audit operate hr payroll';

interface Example {
  readonly line: number;
  readonly query: string;
  /** The block of JSON that follows. */
  readonly answer: string | null;
}

/** The operations in a document, in order, without its fragments of SDL. */
function examplesIn(document: string): Example[] {
  const text = readFileSync(join(docs, document), 'utf8');
  const blocks = text.matchAll(/^```graphql\n(.*?)^```\n(?:\s*^```json\n(.*?)^```$)?/gms);
  return [...blocks]
    .map(({ index, 1: query = '', 2: answer }) => ({
      line: text.slice(0, index).split('\n').length,
      query,
      answer: answer ?? null,
    }))
    .filter(({ query }) => isOperation(parse(query)));
}

function isOperation({ definitions }: DocumentNode): boolean {
  return definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION);
}

function isSubscription(query: string): boolean {
  return parse(query).definitions.some((one) => 'operation' in one && one.operation === 'subscription');
}

function expected(printed: unknown): unknown {
  if (printed === ANY) return expect.anything();
  if (Array.isArray(printed)) return printed.map(expected);
  if (typeof printed !== 'object' || printed === null) return printed;
  return Object.fromEntries(Object.entries(printed).map(([name, value]) => [name, expected(value)]));
}

const documents = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, examples: examplesIn(name) }))
  .filter(({ examples }) => examples.length > 0);

/** Each document has a tenant of its own, and its examples run in the order in which they are read. */
describe('what the documents print', () => {
  let atlas: AtlasProcess;

  beforeAll(async () => {
    atlas = await startAtlasDev(mkdtempSync(join(tmpdir(), 'atlas-documents-')), ['--no-sample']);
  });
  afterAll(() => atlas?.destroy());

  it.each(documents.map((document, index) => ({ ...document, tenant: FIRST_TENANT + index })))(
    'is what the server answers: docs/$name',
    async ({ name, examples, tenant }) => {
      let token: string | null = null;
      let pending: (() => Promise<void>) | null = null;
      for (const { line, query, answer } of examples) {
        const where = `docs/${name}:${line}`;
        if (answer === null) expect.unreachable(`${where}: a block of JSON with the answer follows`);
        const printed = JSON.parse(answer);
        const caller = { 'x-tenant-id': String(tenant), 'x-atlas-roles': ROLES };
        if (isSubscription(query)) {
          // It is told of what the next example writes.
          const subscriber = eventStreamSubscriber(`${atlas.stack.http}/graphql`, caller);
          const events = take(subscriber.iterate({ query }), 1);
          events.catch(() => {});
          await vi.waitFor(async () => {
            const metrics = await (await fetch(`${atlas.stack.http}/metrics`)).text();
            expect(metrics).toContain('atlas_subscriptions_open 1\n');
          }, 10_000);
          pending = async () => {
            const [{ data, errors } = {}] = await events;
            expect({ where, data, errors }).toEqual({ where, data: expected(printed.data), errors: undefined });
            subscriber.close();
          };
          continue;
        }
        const after: Record<string, string> = token === null ? {} : { 'x-consistency-token': token };
        const { data, errors, headers }: GraphQLAnswer<unknown> = await atlas.graphql(
          query,
          {},
          { ...caller, ...after },
        );
        token = headers.get('x-consistency-token') ?? token;
        if (printed.errors === undefined) expect({ where, errors }).toEqual({ where, errors: [] });
        else expect({ where, errors }).toMatchObject({ where, errors: expected(printed.errors) });
        expect({ where, data }).toEqual({ where, data: expected(printed.data ?? null) });
        await pending?.();
        pending = null;
      }
    },
  );
});

import { describe, expect, it } from 'vitest';
import { BatchedEntityReader, MOST_ASKED } from '../../src/datasources/batched-entity-reader.ts';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { type EntitiesByIdQuery, entitiesById } from '../../src/datasources/questions/entities-by-id.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import type { EntityRecord } from '../../src/domain/entity.ts';
import { EntityProjection } from '../../src/domain/entity-projection.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { SourceError } from '../../src/domain/source-error.ts';
import type { Measured } from '../../src/freshness/freshness.ts';
import { attribute, entity } from '../support/domain.ts';

const LSN = 100n;

interface Asked {
  readonly input: EntitiesByIdQuery;
  readonly signal: AbortSignal;
  answer(): void;
  fail(error: unknown): void;
}

/** Answers when a test says so: an entity for each id but `absent`. */
class DrivenReader implements EntityReader {
  readonly asked: Asked[] = [];

  ask<Part>({ input }: Question<Part, unknown>, signal: AbortSignal): Promise<Measured<Part>> {
    const query = input as EntitiesByIdQuery;
    return new Promise((resolve, reject) => {
      const answer = () => {
        const found = query.ids.filter((id) => id !== 'absent').map((id) => entity({ id }));
        const watermarks = new Map([['s0', { heartbeatAt: 1, lsn: LSN }]]);
        resolve({ data: found as Part, watermarks, shown: new Map([['s0', LSN]]), observedAt: 2 });
      };
      signal.addEventListener('abort', () => reject(signal.reason));
      this.asked.push({ input: query, signal, answer, fail: reject });
    });
  }

  get ids(): readonly (readonly string[])[] {
    return this.asked.map(({ input }) => input.ids);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const ofIds = (ids: readonly string[], given: Partial<EntitiesByIdQuery> = {}) =>
  entitiesById({ tenantId: 1, shard: 's0', ids, ...given });

function setUp(asksAlone?: () => boolean) {
  const driven = new DrivenReader();
  const reader = new BatchedEntityReader(driven, asksAlone);
  const ask = (ids: readonly string[], { signal } = new AbortController(), given: Partial<EntitiesByIdQuery> = {}) =>
    reader.ask(ofIds(ids, given), signal).then(({ data }) => idsOf(data));
  return { driven, reader, ask };
}

function idsOf(entities: readonly EntityRecord[]): string[] {
  return entities.map(({ id }) => id);
}

describe('questions that are asked in one turn of the event loop', () => {
  it('are one statement, whose answer each gets its share of, with the watermark', async () => {
    const { driven, reader, ask } = setUp();
    const { signal } = new AbortController();
    const answers = Promise.all([ask(['1', '2']), ask(['2']), ask(['absent']), reader.ask(ofIds(['3']), signal)]);
    expect(driven.ids).toEqual([]);
    await turn();
    expect(driven.ids).toEqual([['1', '2', 'absent', '3']]);
    driven.asked[0]?.answer();
    const [first, second, third, { data, ...measured }] = await answers;
    expect([first, second, third, idsOf(data)]).toEqual([['1', '2'], ['2'], [], ['3']]);
    const watermarks = new Map([['s0', { heartbeatAt: 1, lsn: LSN }]]);
    expect(measured).toEqual({ watermarks, shown: new Map([['s0', LSN]]), observedAt: 2 });
  });

  it('are another one in the next turn, while the first one is under way', async () => {
    const { driven, ask } = setUp();
    const first = ask(['1']);
    await turn();
    const second = ask(['1']);
    await turn();
    expect(driven.ids).toEqual([['1'], ['1']]);
    for (const { answer } of driven.asked) answer();
    expect(await Promise.all([first, second])).toEqual([['1'], ['1']]);
  });

  it('share nothing across tenants, attributes, and what else is read', async () => {
    const { driven, ask } = setUp();
    const [a, b] = [attribute({ id: 7 }), attribute({ id: 8 })];
    const projections = [
      undefined,
      new EntityProjection([a]),
      new EntityProjection([b]),
      new EntityProjection([a, b]),
      new EntityProjection([b, a]),
      new EntityProjection([a], { hasStamp: true }),
      new EntityProjection([a], { hasTimes: true }),
      new EntityProjection([]),
    ];
    const given = [1, 2].flatMap((tenantId) => projections.map((projection) => ({ tenantId, projection })));
    for (const each of given) for (const id of ['1', '2']) void ask([id], undefined, each);
    await turn();
    expect(driven.asked.map(({ input }) => input)).toEqual(
      given.map((each) => ({ ...each, shard: 's0', ids: ['1', '2'] })),
    );
  });

  it('are as many statements as their plans ask for', async () => {
    const { driven, ask } = setUp();
    const most = ofIds([]).lookup?.mostIds ?? 0;
    const all = Array.from({ length: 3 * most }, (_, n) => String(n));
    const answers = Promise.all(all.map((id) => ask([id])));
    await turn();
    expect(driven.ids.map(({ length }) => length)).toEqual([most, most, most]);
    for (const { answer } of driven.asked) answer();
    expect(await answers).toEqual(all.map((id) => [id]));
  });

  it('stay apart if they are about many entities, about none by id, or are to be seen', async () => {
    const many = Array.from({ length: MOST_ASKED + 1 }, (_, n) => String(n));
    const { driven, reader, ask } = setUp();
    void ask(many);
    void ask(many);
    void reader.ask(count({ tenantId: 1, type: null, filter: MATCH_ALL }), new AbortController().signal);
    expect(driven.asked.map(({ input }) => input.ids)).toEqual([many, many, undefined]);
    const seen = setUp(() => true);
    void seen.ask(['1']);
    void seen.ask(['2']);
    expect(seen.driven.ids).toEqual([['1'], ['2']]);
  });
});

describe('one of several who ask together', () => {
  it('gives up and leaves the statement to the others; the last one ends it', async () => {
    const { driven, ask } = setUp();
    const [first, second] = [new AbortController(), new AbortController()];
    const answers = [ask(['1'], first), ask(['2'], second)];
    await turn();
    first.abort(new Error('first'));
    await expect(answers[0]).rejects.toThrow('first');
    expect(driven.asked[0]?.signal.aborted).toBe(false);
    second.abort(new Error('second'));
    await expect(answers[1]).rejects.toThrow('second');
    expect(driven.asked[0]?.signal.reason).toEqual(new Error('second'));
  });

  it('gives up, and the others are answered', async () => {
    const { driven, ask } = setUp();
    const leaving = new AbortController();
    const answers = [ask(['1'], leaving), ask(['2']), ask(['3'])];
    await turn();
    leaving.abort(new Error('gone'));
    driven.asked[0]?.answer();
    await expect(answers[0]).rejects.toThrow('gone');
    expect(await Promise.all(answers.slice(1))).toEqual([['2'], ['3']]);
  });

  it('gives up before anything was sent, and is not asked for', async () => {
    const { driven, ask } = setUp();
    const leaving = new AbortController();
    const gone = [ask(['1'], leaving), ask(['2'], leaving)];
    const staying = ask(['3']);
    leaving.abort(new Error('gone'));
    for (const each of gone) await expect(each).rejects.toThrow('gone');
    await turn();
    expect(driven.ids).toEqual([['3']]);
    driven.asked[0]?.answer();
    expect(await staying).toEqual(['3']);
    await expect(ask(['4'], leaving)).rejects.toThrow('gone');
    await turn();
    expect(driven.asked).toHaveLength(1);
  });

  it('asks alone, and its own signal ends that', async () => {
    const { driven, ask } = setUp();
    const leaving = new AbortController();
    const answer = ask(['1'], leaving);
    await turn();
    leaving.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(driven.asked[0]?.signal.aborted).toBe(true);
  });
});

describe('a statement for several that fails', () => {
  const down = new SourceError('down', 'SHARD_UNAVAILABLE', 'down');
  const slow = new SourceError('slow', 'TIMEOUT', 'slow');

  it.each([
    ['down', down],
    ['slow', slow],
    ['another shard', new AtlasError('SHARD_UNAVAILABLE', 'foreign')],
  ])('fails for all if its server is at fault: %s', async (_, error) => {
    const { driven, ask } = setUp();
    const answers = [ask(['1']), ask(['2'])];
    await turn();
    driven.asked[0]?.fail(error);
    for (const each of answers) await expect(each).rejects.toBe(error);
    expect(driven.asked).toHaveLength(1);
  });

  it('is repeated for each if its answer is too large', async () => {
    const { driven, ask } = setUp();
    const leaving = new AbortController();
    const answers = [ask(['1']), ask(['2']), ask(['3'], leaving)];
    await turn();
    const tooLarge = new AtlasError('LIMIT_EXCEEDED', 'too large');
    driven.asked[0]?.fail(tooLarge);
    await turn();
    expect(driven.ids.slice(1)).toEqual([['1'], ['2'], ['3']]);
    driven.asked[1]?.answer();
    driven.asked[2]?.fail(tooLarge);
    leaving.abort(new Error('gone'));
    expect(await answers[0]).toEqual(['1']);
    await expect(answers[1]).rejects.toBe(tooLarge);
    await expect(answers[2]).rejects.toThrow('gone');
  });
});

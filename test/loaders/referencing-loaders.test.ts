import { describe, expect, it } from 'vitest';
import type { ReadRouter } from '../../src/datasources/routing/read-router.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import type { EntityId } from '../../src/domain/identifiers.ts';
import { SourceError } from '../../src/domain/source-error.ts';
import { LoadSchedule } from '../../src/loaders/load-schedule.ts';
import { ReferencingLoaders } from '../../src/loaders/referencing-loaders.ts';
import { RequestReads } from '../../src/loaders/request-reads.ts';
import { attribute } from '../support/domain.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

const author = attribute({ id: 1, key: 'author', type: 'REFERENCE' });

/** The loaders of one request, over reads that fail for whatever has the target '2'. Two entities refer to each of the others. */
function request(failure: Error) {
  const statements: EntityId[][] = [];
  const ask: ReadRouter['ask'] = async (question) => {
    const targets = targetsOf(question.input);
    statements.push(targets);
    if (targets.includes('2')) throw failure;
    const groups = targets.map((target) => ({ group: [target], count: 2n }));
    return {
      data: (targets.length === 1 ? 2n : { groups }) as never,
      reads: [readFreshness()],
      entities: [0],
      ms: [1],
    };
  };
  const reads = new RequestReads({ router: { ask }, signal: new AbortController().signal, collector: { add() {} } });
  const loaders = new ReferencingLoaders({ reads, maxPageSize: 1_000, schedule: new LoadSchedule() });
  const count = async (target: EntityId) => {
    const filter = { kind: 'attribute', attribute: author, predicate: { operator: 'eq', operand: target } } as const;
    const window = { tenantId: 1, attribute: author, limit: 10 };
    const alone = { ...{ tenantId: 1, type: null, filter, order: [] }, ...PAGE };
    return (await loaders.count({ target, window, alone }, requirement())).data;
  };
  const counted = (...targets: EntityId[]) =>
    Promise.all(targets.map((target) => count(target).catch((error: unknown) => error)));
  return { counted, statements };
}

const PAGE = { from: null, direction: 'FORWARD', limit: 10 } as const;

function targetsOf(input: unknown): EntityId[] {
  const { filter } = input as { filter: { predicate: { operand?: EntityId; operands?: EntityId[] } } };
  const { operand, operands = [] } = filter.predicate;
  return operand === undefined ? operands : [operand];
}

describe('what refers to the entities of a list', () => {
  it('fails for a target by itself that is too much for a statement', async () => {
    const failure = new AtlasError('LIMIT_EXCEEDED', 'The result is too large.');
    const { counted, statements } = request(failure);
    expect(await counted('1', '2', '3', '1')).toEqual([2n, failure, 2n, 2n]);
    expect(statements).toEqual([['1', '2', '3'], ['1', '2'], ['3'], ['1'], ['2']]);
  });

  it('is read for each by itself if a statement for all ran out of time', async () => {
    const failure = new SourceError('slow', 'TIMEOUT', 'A statement ran out of time.');
    const { counted, statements } = request(failure);
    expect(await counted('1', '2', '3')).toEqual([2n, failure, 2n]);
    expect(statements).toEqual([['1', '2', '3'], ['1'], ['2'], ['3']]);
  });

  it.each([
    new SourceError('down', 'SHARD_UNAVAILABLE', 'The shard does not answer.'),
    new SourceError('busy', 'TIMEOUT', 'All connections are in use.'),
    new AtlasError('TIMEOUT', 'The request took too long.'),
  ])('is not asked for again if not the statement is at fault: $message', async (failure) => {
    const { counted, statements } = request(failure);
    expect(await counted('1', '2', '3')).toEqual([failure, failure, failure]);
    expect(statements).toHaveLength(1);
  });
});

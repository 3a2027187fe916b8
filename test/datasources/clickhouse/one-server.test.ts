import { expect, it } from 'vitest';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';

it.each([
  ['one server, which it names by the changes before', 0, 3],
  ['several servers, of which it names none', 1, null],
])('a read of ClickHouse is answered by %s', async (_, changesPerStatement, named) => {
  let serverChanges = 3;
  const session = {
    get serverChanges() {
      return serverChanges;
    },
    async query() {
      serverChanges += changesPerStatement;
      return [];
    },
    catchUp: async () => {},
  };
  const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
  const answer = await new ClickHouseEntityReader(session, ['s0']).ask(question, new AbortController().signal);
  expect(answer.serverChanges).toBe(named);
});

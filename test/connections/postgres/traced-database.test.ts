import { expect, it } from 'vitest';
import type { PostgresDatabase, Statement } from '../../../src/connections/postgres/postgres-database.ts';
import { TracedDatabase } from '../../../src/connections/postgres/traced-database.ts';
import type { Tracing } from '../../../src/observability/tracing.ts';

it('names spans by the name of their statement, or by its first word if the name is a hash', async () => {
  const spans: [string, unknown][] = [];
  const tracing: Pick<Tracing, 'span'> = {
    span: (name, { attributes }, work) => {
      spans.push([name, attributes?.['db.query.summary']]);
      return work({ rename: () => {}, set: () => {}, event: () => {}, fail: () => {} });
    },
  };
  const database = { shard: 's0', role: 'replica', query: async () => [] } as unknown as PostgresDatabase;
  const traced = new TracedDatabase(database, 'postgres://u:p@localhost/atlas', tracing as Tracing);
  const run = (statement: Partial<Statement>) => traced.query({ text: 'SELECT 1', values: [], ...statement });
  await run({ name: 'entity_upsert', text: 'WITH rows AS (SELECT 1) INSERT' });
  await run({ name: 'r_ROJxUMdRQXkVh0pa' });
  await run({ text: '  select 1' });
  expect(spans).toEqual([
    ['entity_upsert', 'entity_upsert'],
    ['SELECT', 'SELECT'],
    ['SELECT', 'SELECT'],
  ]);
});

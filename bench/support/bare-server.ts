import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { Statement } from '../../src/connections/postgres/postgres-database.ts';
import { selectChanges } from '../../src/datasources/postgres/catalog/catalog-row.ts';
import { entitiesById } from '../../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../../src/datasources/questions/entity-page.ts';
import { postgresForm, type Question } from '../../src/datasources/questions/question.ts';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import { attributeOf, type EntityRecord } from '../../src/domain/entity.ts';
import { EntityProjection } from '../../src/domain/entity-projection.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';

/**
 * The baseline: `node:http` and `pg` with the statements of Atlas, and nothing else. It reads the first replica of each shard, without
 * measuring its lag, and answers a BareInput, of tenant 1. A process of its own: `bare-server.ts SHARDS`, with the endpoints as JSON; its first
 * message is its port.
 */
const endpoints = JSON.parse(process.argv[2] ?? '[]') as ShardEndpoints[];
const shards = new ShardMap(endpoints, { kind: 'hash' });
const pools = endpoints.map(({ replicas }) => new pg.Pool({ connectionString: replicas[0], max: 16 }));
const names = new Map<string, string>();

/** What is read: entities by id, or the first ones by an attribute, descending; and which attributes are answered. */
export type BareInput = { readonly keys: readonly string[] } & (
  | { readonly ids: readonly string[] }
  | { readonly type: string; readonly by: string; readonly first: number }
);

/** By key. */
const definitions = new Map<string, AttributeDefinition>();

async function rowsOf<Part>(question: Question<Part, unknown>, shard: number): Promise<Part> {
  const form = postgresForm(question);
  const { text, values } = form.select();
  const name = names.get(text) ?? `s${names.size}`;
  names.set(text, name);
  const { rows } = await (pools[shard] as pg.Pool).query({ name, text, values: [...values] });
  return form.parse(rows.filter((row) => row.entity_id !== null));
}

async function answer(input: BareInput): Promise<object[]> {
  const keys = input.keys.map((key) => [key, definitionOf(key).id] as const);
  const projection = new EntityProjection(input.keys.map(definitionOf));
  if ('by' in input) {
    const order = [{ kind: 'attribute' as const, attribute: definitionOf(input.by), direction: 'DESC' as const }];
    const question = entityPage({
      ...{ tenantId: 1, type: input.type, filter: MATCH_ALL, order },
      ...{ from: null, direction: 'FORWARD', limit: input.first, projection },
    });
    const parts = await Promise.all(pools.map((_, shard) => rowsOf(question, shard)));
    return question.merge(parts).rows.map(({ entity }) => picked(entity, keys));
  }
  const byShard = new Map<number, string[]>();
  for (const id of input.ids) {
    const shard = shards.shardOf(id);
    const index = endpoints.findIndex((one) => one.id === shard);
    byShard.set(index, [...(byShard.get(index) ?? []), id]);
  }
  const found = await Promise.all(
    [...byShard].map(([shard, ids]) =>
      rowsOf(entitiesById({ tenantId: 1, shard: endpoints[shard]?.id ?? '', ids, projection }), shard),
    ),
  );
  return found.flat().map((entity) => picked(entity, keys));
}

function definitionOf(key: string): AttributeDefinition {
  const definition = definitions.get(key);
  if (definition === undefined) throw new Error(`There is no attribute ${key}`);
  return definition;
}

function picked(entity: EntityRecord, keys: readonly (readonly [string, number])[]): object {
  return Object.fromEntries([['id', entity.id], ...keys.map(([key, id]) => [key, attributeOf(entity, id) ?? null])]);
}

const session = {
  query: async <Row extends object>({ text, values }: Statement) =>
    (await (pools[0] as pg.Pool).query(text, [...values])).rows as Row[],
};
for (const change of await selectChanges(session, 0)) {
  if ('definition' in change && change.definition.tenantId === 1)
    definitions.set(change.definition.key, change.definition);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const body = JSON.stringify({ data: await answer(JSON.parse(Buffer.concat(chunks).toString()) as BareInput) });
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

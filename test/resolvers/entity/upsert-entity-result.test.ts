import { describe, expect, it } from 'vitest';
import type { EntityWriter } from '../../../src/datasources/entity-writer.ts';
import { AtlasError } from '../../../src/domain/errors.ts';
import { ask } from '../../graphql/support/ask.ts';
import { protocolHandler } from '../../graphql/support/protocol-handler.ts';
import { entity } from '../../support/domain.ts';

const message = 'Entity 1 was written (version 1), but its position could not be read.';

/** Writes what it is given, and cannot read the position of entity 1. */
const writer: Partial<EntityWriter> = {
  upsert: async (_tenantId, writes) => ({
    outcome: writes.map(({ id }) => ({
      status: 'CREATED',
      entity: entity({ id: id ?? '' }),
      ...(id === '1' && { uncovered: new AtlasError('SHARD_UNAVAILABLE', message, { details: { written: true } }) }),
    })),
    positions: new Map(),
  }),
};

describe('a row that was written but that no consistency token covers', () => {
  it('has its status and entity, and an error that says so', async () => {
    const query = `mutation {
      upsertEntities(input: [{id: "1", type: "user", attributes: []}, {id: "2", type: "user", attributes: []}]) {
        results { status entity { id } error { code message } } } }`;
    const { data, errors } = await ask(protocolHandler({ writer }), query);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      upsertEntities: {
        results: [
          { status: 'CREATED', entity: { id: '1' }, error: { code: 'SHARD_UNAVAILABLE', message } },
          { status: 'CREATED', entity: { id: '2' }, error: null },
        ],
      },
    });
  });

  it('is an error of upsertEntity, which returns a token, that says so to programs too', async () => {
    const query =
      'mutation { upsertEntity(input: {id: "1", type: "user", attributes: []}) { status consistencyToken } }';
    const { data, errors } = await ask(protocolHandler({ writer }), query);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ message, extensions: { code: 'SHARD_UNAVAILABLE', written: true } }]);
  });
});

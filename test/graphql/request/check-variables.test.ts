import { describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { protocolHandler } from '../support/protocol-handler.ts';

const COUNT = 'query ($filter: EntityFilter) { entities(filter: $filter) { totalCount } }';
const DEFINE = 'mutation ($input: DefineAttributeInput!) { defineAttribute(input: $input) { definition { key } } }';
const LONG = 'x'.repeat(100_000);

describe('a large input object', () => {
  it.each<[what: string, query: string, variables: Record<string, unknown>, message: string]>([
    [
      'members that do not exist',
      COUNT,
      { filter: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`unknown_${n}`, 1])) },
      'Variable "$filter" got an invalid value; Field "unknown_0" is not defined by type "EntityFilter".',
    ],
    [
      'members that do not exist, in a list',
      COUNT,
      { filter: { and: [{}, { ids: [LONG], [LONG]: 1 }] } },
      `Variable "$filter.and.1" got an invalid value; Field "${LONG.slice(0, 100)}" is not defined by type "EntityFilter".`,
    ],
    [
      'without a required member',
      DEFINE,
      { input: { type: 'TEXT', description: LONG } },
      'Variable "$input" got an invalid value; Field "key" of required type "String!" was not provided.',
    ],
  ])('is refused with one message that does not quote it: %s', async (_what, query, variables, message) => {
    const { status, errors } = await ask(protocolHandler(), query, { variables });
    expect(status).toBe(400);
    expect(errors).toEqual([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('may have members of a scalar that are of any kind', async () => {
    const query =
      'query ($x: JSON) { entities(filter: { attributes: [{ key: "no", json: { eq: $x } }] }) { totalCount } }';
    const x = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1]));
    expect((await ask(protocolHandler(), query, { variables: { x } })).codes).toEqual(['ATTRIBUTE_UNKNOWN']);
  });
});

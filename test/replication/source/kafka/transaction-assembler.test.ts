import { describe, expect, it } from 'vitest';
import { TransactionAssembler } from '../../../../src/replication/source/kafka/transaction-assembler.ts';
import { recorded, TRANSACTIONS } from './recorded.ts';

const MAX_BYTES = 2 ** 20;
const ofEntity = (name: keyof typeof TRANSACTIONS) => TRANSACTIONS[name];

function messageAt(value: string | null, offset: number) {
  return { topic: 'topic', partition: 0, offset: BigInt(offset), value: value === null ? null : Buffer.from(value) };
}

/** The transactions that come out of these messages, as their numbers of changes; "again": too large to be kept. */
function assemble(values: readonly (string | null)[], reached = 0n, maxBytes = MAX_BYTES) {
  const assembler = new TransactionAssembler(reached, maxBytes);
  return values.flatMap((value, offset) => {
    return assembler.take(messageAt(value, offset));
  });
}
const several = ofEntity('several');
const [begin = '', , second = '', ...rest] = several;

describe('the messages that were recorded from the connector', () => {
  it('make whole transactions, in the order of their commits', () => {
    const transactions = assemble(recorded());
    const ends = transactions.map(({ lsn }) => lsn);
    expect(ends).toEqual([...ends].sort((a, b) => (a < b ? -1 : 1)));
    expect(transactions.map(({ changes }) => changes?.map(({ change }) => change.kind).join(' '))).toContain(
      'upsert upsert upsert delete',
    );
  });

  it('are left out once they have been reached, whole or in part', () => {
    const [{ lsn } = { lsn: 0n }] = assemble(several);
    expect(assemble(several, lsn)).toEqual([]);
    expect(assemble([...several, ...several])).toHaveLength(1);
    expect(assemble([...several, second, ...rest])).toHaveLength(1);
    expect(assemble([second, ...rest], lsn)).toEqual([]);
  });

  it('are the same if the connector begins again within a transaction', () => {
    const whole = assemble(several);
    expect(assemble([...several.slice(0, 4), ...several.slice(2)])[0]?.changes).toEqual(whole[0]?.changes);
    expect(assemble([...several.slice(0, 4), ...several])[0]?.changes).toEqual(whole[0]?.changes);
    expect(assemble([...several.slice(0, 3), ...ofEntity('heartbeat'), ...several])).toHaveLength(2);
  });

  it('are read again from the first one if a transaction is too large to be kept', () => {
    const assembler = new TransactionAssembler(0n, 3_000);
    const taken = several.flatMap((value, index) => assembler.take(messageAt(value, 100 + index)));
    expect(taken).toMatchObject([
      { changes: null, count: 4, begins: [{ topic: 'topic', partition: 0, offset: 100n }] },
    ]);
  });
});

describe('a topic is broken', () => {
  it('if changes of a transaction are missing, at its beginning, within it or at its end', () => {
    expect(() => assemble([begin, second, ...rest])).toThrow('before message 1, 1 changes of transaction');
    expect(() => assemble([second, ...rest])).toThrow('changes of transaction');
    expect(() => assemble([...several.slice(0, 2), ...several.slice(3)])).toThrow('before message 2, 1 changes');
    expect(() => assemble([...several.slice(0, -2), ...several.slice(-1)])).toThrow('changes of transaction');
    expect(() => assemble(several.slice(-1))).toThrow('before message 0, 4 changes of transaction');
  });

  it.each([
    ['not JSON', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['{"a":1}', 'it has neither "op" nor "status"'],
    ['{"status":"MIDDLE","id":"1:2"}', 'expected BEGIN or END'],
    [second.replace('"transaction":{', '"was":{'), 'provide.transaction.metadata=true'],
    [second.replace('"op":"c"', '"op":"x"'), 'expected c, u, d, t, m or r'],
    [second.replaceAll('"text_3":null,', ''), 'it lacks the column text_3'],
  ])('by the message %.20s, unless all that it could be has been reached', (poison, reason) => {
    const [{ lsn } = { lsn: 0n }] = assemble(several);
    expect(() => assemble([poison, ...several])).toThrow("message 0 is not one of Debezium's connector for Postgres");
    expect(() => assemble([poison, ...several])).toThrow(reason);
    expect(assemble([poison, ...several], lsn)).toEqual([]);
  });
});

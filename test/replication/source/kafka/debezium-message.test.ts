import { describe, expect, it } from 'vitest';
import { type DebeziumMessage, decodeDebezium } from '../../../../src/replication/source/kafka/debezium-message.ts';
import { recorded, TRANSACTIONS } from './recorded.ts';

const decode = (text: string | null): DebeziumMessage => decodeDebezium(text === null ? null : Buffer.from(text));
const changesOf = (name: keyof typeof TRANSACTIONS) =>
  TRANSACTIONS[name].map(decode).flatMap((message) => (message.kind === 'change' ? [message.change] : []));

describe('a recorded message', () => {
  it('says what Postgres would say, to the last digit', () => {
    expect(changesOf('created')).toEqual([
      {
        kind: 'upsert',
        previous: null,
        row: {
          ...{ tenant_id: '1', entity_id: '9223372036854775807', type: 'thing', version: '9007199254740993' },
          ...{ created_at: '2024-01-02T03:04:05.678Z', updated_at: '2024-01-02T03:04:05.678Z' },
          ...{ attributes: '{"1": "ü \\" ,\\"entity_id\\":12", "2": 0.1}', attribute_updated_at: '{}' },
          ...{ text_1: 'text', text_2: null, text_3: null, text_4: null },
          ...{ number_1: '-0', number_2: null, number_3: null, number_4: null },
          ...{ boolean_1: 't', boolean_2: null, timestamp_1: '2024-05-06T05:08:09.100Z', timestamp_2: null },
        },
      },
    ]);
  });

  it('has the row as it was before an update, and a value that did not change and is stored out of line', () => {
    expect(changesOf('updated')).toMatchObject([
      {
        row: { attributes: '{"1": "only"}' },
        previous: { attributes: '{"1": "ü \\" ,\\"entity_id\\":12", "2": 0.1}' },
      },
    ]);
    const [change] = changesOf('large');
    expect(change).toMatchObject({ kind: 'upsert', row: { number_1: '1e+300' } });
    if (change?.kind !== 'upsert') return;
    expect(change.row.attributes.length).toBeGreaterThan(3_000);
    expect(change.row.attributes).toBe(change.previous?.attributes);
  });

  it('takes from the old row what Debezium leaves out of the new one', () => {
    const [, message = ''] = TRANSACTIONS.large;
    const { after } = JSON.parse(message) as { after: { attributes: string } };
    const at = message.lastIndexOf(JSON.stringify(after.attributes));
    const placeholder = '"__debezium_unavailable_value"';
    const cut = message.slice(0, at) + placeholder + message.slice(at + JSON.stringify(after.attributes).length);
    expect(decode(cut)).toEqual(decode(message));
  });

  it('makes two changes of one of the key', () => {
    expect(changesOf('moved')).toMatchObject([
      { kind: 'delete', row: { entity_id: '3' } },
      { kind: 'upsert', row: { entity_id: '5' }, previous: null },
    ]);
  });

  it('has no column with a position in the WAL, but says which commit its transaction follows', () => {
    const [, text = ''] = TRANSACTIONS.heartbeat;
    expect(text).toContain('"heartbeat_at"');
    expect(text).not.toContain('heartbeat_lsn');
    const follows = recorded()
      .map(decode)
      .flatMap((message) => (message.kind === 'change' ? [message.follows] : []));
    expect(follows[0]).toBeNull();
    const ends = recorded()
      .map(decode)
      .flatMap((message) => (message.kind === 'end' ? [message.lsn] : []));
    for (const commit of follows.slice(1)) expect(ends).toContain(commit);
  });

  it('says which heartbeat a heartbeat replaces', () => {
    const beats = recorded()
      .map(decode)
      .flatMap((message) => (message.kind === 'change' && message.change.kind === 'heartbeat' ? [message.change] : []));
    expect(beats.length).toBeGreaterThan(2);
    for (const [index, { previous }] of beats.entries()) {
      expect(previous.heartbeatAt).toBe(beats[index - 1]?.row.heartbeatAt ?? null);
    }
  });

  it('of the audit, of a request for a copy or of TRUNCATE says so', () => {
    expect(changesOf('audit')).toMatchObject([
      { kind: 'audit', row: { operation: 'UPDATE_ENTITY', entity_id: '5', attribute_id: null, new_version: '2' } },
    ]);
    expect(changesOf('copyRequest')).toEqual([{ kind: 'copyRequest', replaced: 1795360914000000n }]);
    expect(changesOf('truncate')).toContainEqual({ kind: 'truncate', table: 'atlas.entity' });
  });

  it('of a snapshot, and a tombstone, says nothing', () => {
    const snapshot = recorded().filter((text) => text?.includes('"op":"r"'));
    expect(snapshot.length).toBeGreaterThanOrEqual(2);
    expect(recorded()).toContain(null);
    for (const text of [...snapshot, null]) expect(decode(text)).toEqual({ kind: 'nothing' });
  });

  it('without the old row says so', () => {
    const [, message = ''] = TRANSACTIONS.updated;
    const { before } = JSON.parse(message) as { before: object };
    const keyOnly = JSON.stringify({
      tenant_id: 1,
      entity_id: 7,
      ...Object.fromEntries(
        Object.keys(before)
          .slice(2)
          .map((name) => [name, null]),
      ),
    });
    const cut = message.replace(/"before":\{.*?\},"after"/, `"before":${keyOnly},"after"`);
    expect(decode(cut)).toMatchObject({ change: { kind: 'oldRowMissing', table: 'atlas.entity' } });
  });
});

import { expect, it } from 'vitest';
import { CountedEntityWriter } from '../../src/datasources/counted-entity-writer.ts';
import type { EntityWrite, EntityWriter, WriteOutcome } from '../../src/datasources/entity-writer.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { entity } from '../support/domain.ts';

const author = { tenantId: 1, subject: null };
const write: EntityWrite = { id: '1', type: 'user', set: [], remove: [], expectedVersion: null };
const failed = new AtlasError('VERSION_CONFLICT', 'The version is another one.');

it('entities written are counted by what became of them, and whatever fails passes through', async () => {
  const metrics = new Metrics();
  const outcomes: WriteOutcome[] = [
    { status: 'CREATED', entity: entity({ id: '1' }) },
    { status: 'UPDATED', entity: entity({ id: '2' }) },
    { status: 'CREATED', entity: entity({ id: '3' }) },
    { status: 'FAILED', error: failed },
  ];
  const result = { outcome: outcomes, positions: new Map() };
  const writer: EntityWriter = {
    upsert: async (_author, _writes, signal) => {
      signal?.throwIfAborted();
      return result;
    },
    delete: async (_author, id) => {
      if (id === '9') throw failed;
      return { outcome: id === '1', positions: new Map() };
    },
  };
  const counted = new CountedEntityWriter(writer, metrics);
  expect(
    await counted.upsert(
      author,
      outcomes.map(() => write),
    ),
  ).toBe(result);
  const ended = AbortSignal.abort(new Error('the client has gone'));
  await expect(counted.upsert(author, [write, write], ended)).rejects.toThrow('the client has gone');
  await counted.delete(author, '1', null);
  await counted.delete(author, '2', null);
  await expect(counted.delete(author, '9', 1n)).rejects.toBe(failed);
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('atlas_writes_total'));
  expect(lines.sort()).toEqual([
    'atlas_writes_total{operation="delete",outcome="deleted"} 1',
    'atlas_writes_total{operation="delete",outcome="failed"} 1',
    'atlas_writes_total{operation="delete",outcome="unchanged"} 1',
    'atlas_writes_total{operation="upsert",outcome="created"} 2',
    'atlas_writes_total{operation="upsert",outcome="failed"} 1',
    'atlas_writes_total{operation="upsert",outcome="unknown"} 2',
    'atlas_writes_total{operation="upsert",outcome="updated"} 1',
  ]);
  expect(await metrics.text()).toContain('atlas_write_duration_seconds_count{operation="delete"} 3');
});

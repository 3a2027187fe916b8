import { expect, it } from 'vitest';
import type { RowChange, SinkPosition } from '../../../src/replication/change.ts';
import type { ChangeSink } from '../../../src/replication/sink/change-sink.ts';
import { FollowingSink } from '../../../src/replication/sink/following-sink.ts';

const position = (lsn: bigint): SinkPosition => ({ copyId: 1n, lsn, heartbeatAt: null });

/** A sink that notes what is written, with a second copy that is ready to take over with the watermark 1, which hangs. */
async function start() {
  const log: string[] = [];
  const watermark: { end: (error?: Error) => void } = { end: () => {} };
  const sink = new FollowingSink(
    {
      batch: (copyId: bigint) => ({
        ...{ rows: {}, bytes: 0, add: () => {} },
        write: async () => void log.push(`rows into ${copyId}`),
      }),
      advance: async (_from: bigint, { copyId, lsn }: SinkPosition) => {
        log.push(`watermark ${lsn} of ${copyId}`);
        if (lsn > 1n) return;
        await new Promise<void>((resolve, reject) => {
          watermark.end = (error) => (error === undefined ? resolve() : reject(error));
        });
      },
    } as unknown as ChangeSink,
    1n,
  );
  void sink.follow(2n);
  const batch = sink.batch();
  void sink.takeOver(1n);
  const advanced = sink.advance(0n, position(1n), 0).catch(() => {});
  log.length = 0;
  batch.add({} as RowChange);
  return { sink, log, watermark, batch, advanced };
}

it('the rows of a batch that is written while a copy takes over are in that copy, though it was given up', async () => {
  const { sink, log, watermark, batch, advanced } = await start();
  const isGivenUp = sink.giveUp();
  const written = batch.write();
  watermark.end();
  await Promise.all([written, advanced]);
  expect(await isGivenUp).toBe(false);
  await sink.advance(1n, position(2n), 0);
  expect(log).toEqual(['rows into 1', 'rows into 2', 'watermark 2 of 2']);
});

it('a copy that is given up gets no rows if it does not take over', async () => {
  const { sink, log, watermark, batch, advanced } = await start();
  const isGivenUp = sink.giveUp();
  const written = batch.write();
  watermark.end(new Error('ClickHouse does not answer'));
  await Promise.all([written, advanced]);
  expect(await isGivenUp).toBe(true);
  await sink.advance(0n, position(2n), 0);
  expect(log).toEqual(['rows into 1', 'watermark 2 of 1']);
});

import { describe, expect, it } from 'vitest';
import { BatchWriter } from '../../src/replication/batch-writer.ts';
import type { SinkPosition } from '../../src/replication/change.ts';
import { type ChangeSink, PositionLostError } from '../../src/replication/sink/change-sink.ts';

/** What a sink was asked for, in order: each step hangs until it is ended by its name, such as `rows 1` or `watermark 1`. */
class Steps {
  readonly log: string[] = [];
  readonly #running = new Map<string, PromiseWithResolver>();

  begin(name: string): Promise<void> {
    this.log.push(name);
    return new Promise((resolve, reject) => this.#running.set(name, { resolve, reject }));
  }

  async end(name: string, error?: Error): Promise<void> {
    const step = this.#running.get(name);
    if (step === undefined) throw new Error(`${name} is not under way`);
    this.#running.delete(name);
    if (error === undefined) step.resolve();
    else step.reject(error);
    await settled();
  }
}

interface PromiseWithResolver {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function start() {
  const steps = new Steps();
  const stop = new AbortController();
  const froms: bigint[] = [];
  const pendings: number[] = [];
  const advance = (from: bigint, { lsn }: SinkPosition, pending: number) => {
    froms.push(from);
    pendings.push(pending);
    return steps.begin(`watermark ${lsn}`);
  };
  const writer = new BatchWriter({
    sink: { advance } as unknown as ChangeSink,
    ...{ from: 0n, fillingMessages: () => 3 },
    listener: { written: () => {}, failing: (error) => steps.log.push((error as Error).message) },
    ...{ signal: stop.signal, over: new AbortController().signal },
  });
  /** A batch of ten messages. */
  const batch = (n: number) => ({
    rows: { rows: {}, bytes: 0, add: () => {}, write: () => steps.begin(`rows ${n}`) },
    messages: 10,
    reached: {
      position: { copyId: 1n, lsn: BigInt(n), heartbeatAt: null },
      acknowledge: () => void steps.log.push(`acknowledged ${n}`),
    },
  });
  const write = (n: number) => {
    const state = { isFree: false };
    void writer.write(batch(n)).then(() => {
      state.isFree = true;
    });
    return state;
  };
  return { steps, writer, write, stop, froms, pendings };
}

/** The watermark of the first batch and the rows of the second one are being written. */
async function startBoth() {
  const started = start();
  started.write(1);
  await settled();
  await started.steps.end('rows 1');
  const second = started.write(2);
  await settled();
  return { ...started, second };
}

describe('batches', () => {
  it('are written while the watermark of the one before is, which comes first nevertheless', async () => {
    const { steps, writer, write, froms, pendings } = start();
    const first = write(1);
    await settled();
    expect(first.isFree).toBe(false);
    await steps.end('rows 1');
    expect(first.isFree).toBe(true);
    const second = write(2);
    await settled();
    await steps.end('rows 2');
    // The next one has to wait: rows of one batch lie beyond the one that is being covered.
    expect([second.isFree, steps.log]).toEqual([false, ['rows 1', 'watermark 1', 'rows 2']]);
    expect(writer.messages).toBe(20);
    await steps.end('watermark 1');
    expect(second.isFree).toBe(true);
    await steps.end('watermark 2');
    expect(steps.log).toEqual(['rows 1', 'watermark 1', 'rows 2', 'acknowledged 1', 'watermark 2', 'acknowledged 2']);
    expect([froms, pendings, writer.messages]).toEqual([[0n, 1n], [3, 3], 0]);
  });

  it('after one whose watermark was refused are never covered or acknowledged', async () => {
    const { steps, writer, write, second } = await startBoth();
    await steps.end('watermark 1', new PositionLostError('lost'));
    expect(writer.broken.aborted).toBe(true);
    await steps.end('rows 2');
    write(3);
    await writer.ended();
    await settled();
    expect(second.isFree).toBe(true);
    expect([steps.log, writer.messages]).toEqual([['rows 1', 'watermark 1', 'rows 2'], 0]);
  });

  it('are written again before their watermark is, after a failure of either step', async () => {
    const { steps } = await startBoth();
    await steps.end('watermark 1', new Error('no watermark'));
    await steps.end('rows 2', new Error('no rows'));
    const again = () => steps.log.slice(5).sort();
    await expect.poll(again).toEqual(['rows 1', 'rows 2']);
    await steps.end('rows 2');
    // One that was written before the last failure is not certain to be there.
    await steps.end('rows 1');
    expect(again()).toEqual(['rows 1', 'rows 2', 'watermark 1']);
    await steps.end('watermark 1');
    expect(steps.log.slice(8)).toEqual(['acknowledged 1', 'watermark 2']);
    await steps.end('watermark 2');
    expect(steps.log.slice(10)).toEqual(['acknowledged 2']);
  });

  it('are written again if the watermark before them fails, though they were written', async () => {
    const { steps } = await startBoth();
    await steps.end('rows 2');
    await steps.end('watermark 1', new Error('the sink does not answer'));
    await expect.poll(() => steps.log.at(-1)).toBe('rows 1');
    await steps.end('rows 1');
    await steps.end('watermark 1');
    expect(steps.log.slice(4)).toEqual(['rows 1', 'watermark 1', 'acknowledged 1', 'rows 2']);
    await steps.end('rows 2');
    await steps.end('watermark 2');
    expect(steps.log.slice(8)).toEqual(['watermark 2', 'acknowledged 2']);
  });

  it('end with the first step that fails after the stop, though a later one succeeds', async () => {
    const { steps, writer, stop } = await startBoth();
    stop.abort();
    await steps.end('watermark 1', new Error('no watermark'));
    await steps.end('rows 2');
    await writer.ended();
    expect(steps.log).toEqual(['rows 1', 'watermark 1', 'rows 2', 'no watermark']);
  });

  it('that are under way when they are abandoned are not covered', async () => {
    const { steps, writer, write } = start();
    write(1);
    await settled();
    writer.abandon();
    await steps.end('rows 1');
    await writer.ended();
    expect(steps.log).toEqual(['rows 1']);
  });
});

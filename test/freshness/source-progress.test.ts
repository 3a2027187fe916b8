import { describe, expect, it } from 'vitest';
import { ProgressWindow } from '../../src/freshness/source-progress.ts';

/** A source probed every 250 ms from 0 to `untilMs`, which applies `rate` ms of the primary's time per ms from -1,000 on. */
function probed(untilMs: number, rate: (at: number) => number): ProgressWindow {
  const window = new ProgressWindow();
  let heartbeatAt = -1_000;
  for (let at = 0; at <= untilMs; at += 250) {
    window.observe({ at, heartbeatAt, position: BigInt(Math.round(heartbeatAt + 1_000) * 40) });
    heartbeatAt += 250 * rate(at);
  }
  return window;
}

describe('the progress of a replicated source', () => {
  it.each([
    ['one that stands still', 0],
    ['one that keeps its distance', 1],
    ['one that catches up', 4],
  ])('is the time that it applies per time that passes: %s', (_, rate) => {
    expect(probed(2_000, () => rate).at(2_000)).toMatchObject({ rate, bytesPerMs: rate * 40 });
  });

  it('never runs backwards, though a copy that starts anew does', () => {
    expect(probed(2_000, () => -1).at(2_000)).toMatchObject({ rate: 0, bytesPerMs: 0 });
  });

  it('is that of the last seconds only', () => {
    const stopped = probed(20_000, (at) => (at < 10_000 ? 1 : 0));
    expect(stopped.at(20_000)).toMatchObject({ rate: 0 });
  });

  it('is unknown with too few samples, and once the last one is too old', () => {
    expect(new ProgressWindow().at(0)).toBeNull();
    expect(probed(250, () => 1).at(250)).toBeNull();
    expect(probed(2_000, () => 1).at(30_000)).toBeNull();
  });

  it('is unknown right after a pause of the process: nothing from before it counts', () => {
    const window = probed(2_000, () => 1);
    window.observe({ at: 60_000, heartbeatAt: 1_000, position: null });
    expect(window.at(60_000)).toBeNull();
  });

  it('is unknown right after the clock was set back', () => {
    expect(probed(2_000, () => 1).at(-1)).toBeNull();
  });
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LoadSchedule } from '../../src/loaders/load-schedule.ts';

it('sends what is loaded once no list is being completed any more', async () => {
  const schedule = new LoadSchedule();
  const sent: string[] = [];
  schedule.beginList();
  schedule.beginList();
  schedule.whenComplete(() => sent.push('first'));
  await turn();
  schedule.endList();
  schedule.whenComplete(() => sent.push('second'));
  await turn();
  expect(sent).toEqual([]);
  schedule.endList();
  // What the last item loads comes with the rest.
  expect(sent).toEqual([]);
  await turn();
  expect(sent).toEqual(['first', 'second']);
  schedule.whenComplete(() => sent.push('third'));
  await turn();
  expect(sent).toEqual(['first', 'second', 'third']);
});

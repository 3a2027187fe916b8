import { expect, it, onTestFinished } from 'vitest';
import { startDeadline } from '../../src/lib/deadline.ts';

it('lets any number of statements wait on one deadline without a warning', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  const deadline = startDeadline(60_000, () => new Error('too late'));
  onTestFinished(() => deadline.clear());
  for (let statement = 0; statement < 100; statement++) deadline.signal.addEventListener('abort', () => {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
});

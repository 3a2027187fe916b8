import { expect, it } from 'vitest';
import { firstMessage, startChild } from '../../bench/support/child.ts';

it('a process of the benchmark that ends without a message is reported', async () => {
  const child = startChild('load.ts');
  const message = firstMessage(child);
  child.kill();
  await expect(message).rejects.toThrow(/load\.ts has ended$/);
});

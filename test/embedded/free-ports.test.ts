import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../src/embedded/free-ports.ts';

describe('free ports', () => {
  it('are distinct', async () => {
    const ports = await freePorts(Array.from({ length: 8 }, () => null));
    expect(new Set(ports).size).toBe(8);
  });

  it('are the preferred ports unless they are taken', async () => {
    const [taken = 0, free = 0] = await freePorts([null, null]);
    const server = createServer().listen(taken, '127.0.0.1');
    await once(server, 'listening');
    try {
      const [first, second] = await freePorts([taken, free]);
      expect(first).not.toBe(taken);
      expect(second).toBe(free);
    } finally {
      server.close();
    }
  });
});

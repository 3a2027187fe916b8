import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { startFloodProcess } from '../../bench/support/loaded.ts';

it('ends a flood whose responses have begun, and never end', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-length': 2 }).write('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const flood = startFloodProcess(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 4);
  try {
    expect(await flood.beside({ headers: {}, body: '{}' }, async () => 'measured')).toBe('measured');
  } finally {
    flood.stop();
    server.closeAllConnections();
    server.close();
  }
});

import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { SlotStream } from '../../../../src/replication/source/slot/slot-stream.ts';

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const TERMINATED = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

let server: Server;

afterEach(() => new Promise((closed) => server.close(closed)));

it('rejects if the primary cuts the connection in the packet that reports it ready', async () => {
  // Only a server that the test controls can send both in one packet.
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, TERMINATED])));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const stream = new SlotStream({
    primary: `postgres://atlas@127.0.0.1:${port}/atlas`,
    from: 0n,
    leaseMs: 5_000,
    receive: async () => {},
  });
  await expect(stream.run(() => {})).rejects.toThrow(/terminat|not queryable/i);
});

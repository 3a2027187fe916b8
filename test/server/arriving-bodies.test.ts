import { connect, Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ArrivingBodies } from '../../src/server/arriving-bodies.ts';
import { HttpServer } from '../../src/server/http-server.ts';
import { appOptions } from '../support/http-app.ts';

const MAX_BODY = 200_000;
/** So many of them may be arriving: those of 32 bodies of the largest size. */
const WITHIN_LIMIT = 35;
const PART = 180_000;

it('closes the connection whose body has been arriving for longest, if bodies that arrive are too many', async () => {
  const answer = () => ({ status: 200, headers: new Map(), body: '{"data":{}}' });
  const server = new HttpServer(appOptions(answer, { environment: { ATLAS_MAX_REQUEST_BYTES: String(MAX_BODY) } }));
  await server.start();
  onTestFinished(() => server.stop());
  const arriving = (): Promise<Socket> =>
    new Promise((resolve) => {
      const client = connect(Number(new URL(server.url).port), '127.0.0.1');
      onTestFinished(() => void client.destroy());
      client.on('error', () => {});
      // Asked for once the headers are there: what arrives together with them does not count.
      client.once('data', () => client.write(' '.repeat(PART), () => resolve(client)));
      const head = `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${MAX_BODY}\r\n\r\n`;
      client.write(head);
    });
  const first = await arriving();
  const second = await arriving();
  const others: Socket[] = [];
  for (let n = 2; n < WITHIN_LIMIT; n++) others.push(await arriving());
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ a: 'x'.repeat(150_000) }),
  };
  expect((await fetch(`${server.url}/graphql`, post)).status).toBe(200);
  expect(first.destroyed).toBe(false);

  others.push(await arriving());
  await vi.waitFor(() => expect(first.closed).toBe(true));
  expect(second.closed).toBe(false);
  expect(others.filter(({ closed }) => closed)).toEqual([]);
  // What is complete does not count any more.
  const read = second.bytesRead;
  second.write(' '.repeat(MAX_BODY - PART));
  await vi.waitFor(() => expect(second.bytesRead).toBeGreaterThan(read));
  others.push(await arriving());
  expect((await fetch(`${server.url}/graphql`, post)).status).toBe(200);
  expect(others.filter(({ closed }) => closed)).toEqual([]);
});

it('leaves nothing on a connection once a body is there', () => {
  const arriving = new ArrivingBodies(MAX_BODY);
  const socket = new Socket();
  const before = socket.listenerCount('close');
  for (let n = 0; n < 3; n++) {
    arriving.begin(socket, { 'content-length': String(MAX_BODY) });
    arriving.begin(socket, { 'content-length': String(MAX_BODY) });
    expect(socket.listenerCount('close')).toBe(before + 1);
    arriving.end(socket);
    expect(socket.listenerCount('close')).toBe(before);
  }
});

import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { HttpServer } from '../../src/server/http-server.ts';
import { appOptions } from '../support/http-app.ts';

/** More than the buffers of a connection take. */
const BODY = JSON.stringify({ data: 'x'.repeat(9_000_000) });
const REQUEST = 'GET /graphql?query={a} HTTP/1.1\r\nhost: a\r\n\r\n';

async function started(maxResponseBytes: number) {
  let answered = 0;
  const answer = () => {
    answered += 1;
    return { status: 200, headers: new Map(), body: BODY };
  };
  const server = new HttpServer(
    appOptions(answer, { environment: { ATLAS_MAX_RESPONSE_BYTES: String(maxResponseBytes) } }),
  );
  await server.start();
  onTestFinished(() => server.stop());
  /** Sends requests, and waits until they are answered, but reads nothing. */
  const silent = async (requests: number) => {
    const client = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.pause();
    client.write(REQUEST.repeat(requests));
    const expected = answered + requests;
    await vi.waitFor(() => expect(answered).toBe(expected), { timeout: 10_000 });
    return client;
  };
  return { server, silent };
}

/** How many bytes arrive until the server closes the connection, or nothing arrives for a while. */
function received(client: ReturnType<typeof connect>): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0;
    client.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > BODY.length) resolve(bytes);
    });
    client.on('error', () => {});
    client.once('close', () => resolve(bytes));
    client.resume();
  });
}

it('closes the connection that has kept responses for longest, if unread ones are too many', async () => {
  // 16 times as much may be unread: two responses, not three.
  const { server, silent } = await started(1_250_000);
  const first = await silent(1);
  const second = await silent(1);
  const third = await silent(1);
  expect(await received(first)).toBeLessThan(BODY.length);
  expect(await received(second)).toBeGreaterThan(BODY.length);
  expect(await received(third)).toBeGreaterThan(BODY.length);
  expect(await (await fetch(`${server.url}/graphql?query={a}`)).text()).toHaveLength(BODY.length);
});

it('forgets responses that were read, and those of connections that were closed', async () => {
  const { silent } = await started(1_250_000);
  for (let n = 0; n < 3; n++) expect(await received(await silent(1))).toBeGreaterThan(BODY.length);
  const gone = await silent(2);
  const closed = new Promise((resolve) => gone.once('close', resolve));
  gone.destroy();
  await closed;
  const first = await silent(1);
  const second = await silent(1);
  expect(await received(first)).toBeGreaterThan(BODY.length);
  expect(await received(second)).toBeGreaterThan(BODY.length);
});

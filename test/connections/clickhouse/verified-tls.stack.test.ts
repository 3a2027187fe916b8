import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';
import { explainClickHouseFailure } from '../../../src/connections/clickhouse/explain-clickhouse-failure.ts';
import { type ClickHouseServer, startClickHouseServer } from '../../support/clickhouse-http.ts';
import { selfSigned } from '../../support/self-signed.ts';

describe('a ClickHouse server with TLS', () => {
  const certified = selfSigned('127.0.0.1');
  let server: ClickHouseServer;
  /** Takes TLS for the server, which speaks plain HTTP. */
  let front: Server;

  beforeAll(async () => {
    const user = { CLICKHOUSE_USER: 'atlas', CLICKHOUSE_PASSWORD: 'right', CLICKHOUSE_DB: 'atlas' };
    server = await startClickHouseServer(user);
    front = createServer({ key: certified.key, cert: certified.certificate }, (socket) => {
      const behind = connect(server.port, '127.0.0.1');
      for (const end of [socket, behind]) {
        end.on('error', () => {
          socket.destroy();
          behind.destroy();
        });
      }
      socket.pipe(behind).pipe(socket);
    });
    front.on('tlsClientError', () => {});
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
  });
  afterAll(async () => {
    front?.close();
    await server?.stop();
  });

  const urlOf = (protocol: string, host: string) =>
    `${protocol}://atlas:right@${host}:${(front.address() as AddressInfo).port}/atlas`;

  const ask = (url: string, authority?: string) => {
    const clickhouse = connectClickHouse(url, {
      ...{ timeoutMs: 5_000, memoryBytes: 1e9, connections: 1, applicationName: 'test', authority },
    });
    onTestFinished(() => clickhouse.close());
    return clickhouse.query<{ one: number }>('SELECT 1 AS one');
  };

  it('answers, if its authority is known and its name is right', async () => {
    expect(await ask(urlOf('https', '127.0.0.1'), certified.certificate)).toEqual([{ one: 1 }]);
  });

  it.each([
    [
      'of another authority',
      'https',
      '127.0.0.1',
      selfSigned('127.0.0.1').certificate,
      'a certificate of an unknown authority',
    ],
    ['of no public authority', 'https', '127.0.0.1', undefined, 'a certificate of an unknown authority'],
    ['for another host name', 'https', 'localhost', certified.certificate, 'a certificate for another host name'],
  ])('is refused, for good and in one sentence, with a certificate %s', async (_, protocol, host, authority, fault) => {
    const url = urlOf(protocol, host);
    const error: unknown = await ask(url, authority).catch((raised: unknown) => raised);
    const { message, mayPass } = explainClickHouseFailure(error, url);
    expect(message).toMatch(new RegExp(`^ClickHouse \\(atlas@\\S+/atlas\\) shows ${fault} .*[^.]\\.$`));
    expect(message).not.toContain('right@');
    expect(mayPass).toBe(false);
  });

  it('gives a client without TLS no answer', async () => {
    const url = urlOf('http', '127.0.0.1');
    const error: unknown = await ask(url).catch((raised: unknown) => raised);
    expect(explainClickHouseFailure(error, url).message).toMatch(/^ClickHouse \(atlas@\S+\/atlas\) .*\.$/);
  });
});

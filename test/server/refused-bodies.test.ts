import { beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../src/server/build-app.ts';
import { appOptions } from '../support/http-app.ts';

describe('a body that is refused', () => {
  const app = buildApp(
    appOptions(() => ({ status: 200, headers: new Map(), body: '{"data":{}}' }), {
      environment: {
        ATLAS_MAX_REQUEST_BYTES: '1000000',
        ATLAS_MAX_REQUEST_DEPTH: '40',
        ATLAS_MAX_REQUEST_NAMES: '100',
      },
    }),
  );
  beforeAll(() => app.ready());

  const post = async (payload: string, type = 'application/json') => {
    const response = await app.inject({ method: 'POST', url: '/graphql', headers: { 'content-type': type }, payload });
    const [error] = response.json<{ errors?: { message: string; extensions: { code: string } }[] }>().errors ?? [];
    return { status: response.statusCode, ...error, cached: response.headers['cache-control'] };
  };
  const nested = (depth: number) => `{"variables":${'['.repeat(depth)}"${'x'.repeat(20_000)}"${']'.repeat(depth)}}`;
  const named = (count: number) =>
    JSON.stringify({
      padding: 'x'.repeat(20_000),
      ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, 1])),
    });

  it('is nested too deep', async () => {
    expect(await post(nested(39))).toMatchObject({ status: 200 });
    expect(await post(nested(40))).toEqual({
      ...{ status: 400, message: 'The request body is nested more than 40 deep, the limit.' },
      ...{ extensions: { code: 'LIMIT_EXCEEDED', hint: 'Nest less, or have ATLAS_MAX_REQUEST_DEPTH raised.' } },
      cached: 'no-store',
    });
  });

  it('has too many different names', async () => {
    expect(await post(named(99))).toMatchObject({ status: 200 });
    expect(await post(named(100))).toMatchObject({
      status: 400,
      message: 'The request body has more than 100 different names of members, the limit; send less data.',
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  });

  it('is never cached, nor is any other refusal', async () => {
    expect(await post('{')).toMatchObject({ status: 400, cached: 'no-store' });
    expect(await post('x'.repeat(1_000_001))).toMatchObject({ status: 413, cached: 'no-store' });
    expect(await post('{}', 'text/plain')).toMatchObject({ status: 415, cached: 'no-store' });
    const { headers } = await app.inject({ method: 'DELETE', url: '/graphql' });
    expect(headers['cache-control']).toBe('no-store');
  });
});

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DirectoryStore } from '../../../src/connections/objects/directory-store.ts';
import { type ObjectStore, ObjectStoreError } from '../../../src/connections/objects/object-store.ts';
import { openObjectStore } from '../../../src/connections/objects/open-object-store.ts';
import { S3Store } from '../../../src/connections/objects/s3-store.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import { hasS3Gateway, type S3Gateway, startS3Gateway } from '../../support/s3-gateway.ts';

const LARGE = 20 * 1024 * 1024;

/** The same promises of every store. */
function keepsItsPromises(open: () => ObjectStore): void {
  it('has an object once all of it is written, in place of the one before', async () => {
    const store = open();
    expect(await store.open('tenant=1/a.json')).toBeNull();
    expect(await store.list('tenant=1/')).toEqual([]);
    await store.write('tenant=1/a.json', contentOf('first'));
    await store.write('tenant=1/a.json', contentOf('second, ', 'in two parts'));
    expect(await textOf(store, 'tenant=1/a.json')).toBe('second, in two parts');
  });

  it('has nothing of an object whose content fails, and says what has failed', async () => {
    const store = open();
    const failing = async function* () {
      yield new TextEncoder().encode('the beginning');
      throw new Error('ClickHouse does not answer');
    };
    await expect(store.write('tenant=2/a', failing())).rejects.toThrow('ClickHouse does not answer');
    expect(await store.open('tenant=2/a')).toBeNull();
    expect(await store.list('tenant=2/')).toEqual([]);
  });

  it('has nothing of an object whose writing is given up', async () => {
    const store = open();
    const stop = new AbortController();
    const endless = async function* () {
      for (;;) {
        yield new Uint8Array(64 * 1024);
        stop.abort(new Error('The stream has ended'));
      }
    };
    await expect(store.write('tenant=3/a', endless(), stop.signal)).rejects.toThrow();
    expect(await store.list('tenant=3/')).toEqual([]);
  });

  it('reads parts of a large object', async () => {
    const store = open();
    const part = new Uint8Array(1024 * 1024).map((_, place) => place % 251);
    await store.write('tenant=4/large', times(part, LARGE / part.length));
    const object = await store.open('tenant=4/large');
    expect(object?.byteLength).toBe(LARGE);
    expect([...new Uint8Array((await object?.slice(part.length - 2, part.length + 2)) ?? new ArrayBuffer(0))]).toEqual([
      ...part.slice(-2),
      ...part.slice(0, 2),
    ]);
    expect((await object?.slice(LARGE - 10))?.byteLength).toBe(10);
  });

  it('lists by the beginning of names, in their order, and removes', async () => {
    const store = open();
    for (const name of [
      'tenant=5/b/s0.1',
      'tenant=5/a/s0.2',
      'tenant=5/a/s0.1',
      'tenant=5/a/s0-b.1',
      'tenant=50/a/s0.1',
    ])
      await store.write(name, contentOf('x'));
    expect(await store.list('tenant=5/')).toEqual([
      'tenant=5/a/s0-b.1',
      'tenant=5/a/s0.1',
      'tenant=5/a/s0.2',
      'tenant=5/b/s0.1',
    ]);
    expect(await store.list('tenant=5/a/s0.')).toEqual(['tenant=5/a/s0.1', 'tenant=5/a/s0.2']);
    await store.remove(['tenant=5/a/s0.1', 'tenant=5/never/there']);
    expect(await store.list('tenant=5/a/s0.')).toEqual(['tenant=5/a/s0.2']);
  });
}

describe('a directory', () => {
  let directory: string;
  beforeAll(() => {
    directory = temporaryDirectory('objects');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  keepsItsPromises(() => new DirectoryStore(directory));

  it('is only for its owner', () => {
    expect(statSync(join(directory, 'tenant=1')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'tenant=1/a.json')).mode & 0o777).toBe(0o600);
  });

  it('that does not exist is not made', async () => {
    const missing = join(directory, 'not', 'mounted');
    const store = await openObjectStore(missing, false);
    await expect(store.write('a', contentOf('x'))).rejects.toThrow(
      new ObjectStoreError(`There is no directory ${missing}.`),
    );
    await expect(store.list('')).rejects.toThrow(ObjectStoreError);
  });
});

describe.skipIf(!hasS3Gateway)('a bucket', { timeout: 30_000 }, () => {
  let gateway: S3Gateway;
  let store: ObjectStore;
  beforeAll(async () => {
    gateway = await startS3Gateway();
    vi.stubEnv('AWS_ENDPOINT_URL', gateway.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', gateway.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', gateway.credentials.secretAccessKey);
    store = await openObjectStore('s3://atlas/some/prefix', true);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await gateway?.stop();
  });

  keepsItsPromises(() => store);

  it('has the objects under the prefix', () => {
    expect(readFileSync(join(gateway.directory, 'some/prefix/tenant=1/a.json'), 'utf8')).toContain('second');
  });

  it('that refuses says so, without a key, signature or request', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another-secret-that-nobody-sees');
    const refused = await openObjectStore('s3://atlas/refused', true);
    for (const attempt of [
      () => refused.write('a', contentOf('x')),
      () => refused.open('a'),
      () => refused.list(''),
      () => refused.remove(['a']),
    ]) {
      const error = await attempt().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ObjectStoreError);
      expect(String(error)).toContain('s3://atlas/refused refuses, or does not answer');
      expect(inspect(error, { depth: 10 })).not.toMatch(/atlas-test-key|nobody-sees|Signature=/);
    }
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', gateway.credentials.secretAccessKey);
    expect(readdirSync(gateway.directory)).not.toContain('refused');
  });

  it('that does not exist, or a server that is down, is an error and no empty archive', async () => {
    const missing = await openObjectStore('s3://not-there', true);
    await expect(missing.list('')).rejects.toThrow(/NoSuchBucket/);
    await expect(missing.write('a', contentOf('x'))).rejects.toThrow(ObjectStoreError);
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    const down = await openObjectStore('s3://atlas', true);
    await expect(down.open('a')).rejects.toThrow(ObjectStoreError);
    vi.stubEnv('AWS_ENDPOINT_URL', gateway.endpoint);
  });
});

describe('a bucket that is silent', { timeout: 10_000 }, () => {
  it('is an error, before its answer and in the middle of it', async () => {
    const server = createServer((request, response) => {
      if (request.url?.includes('/half')) {
        response.writeHead(request.method === 'HEAD' ? 200 : 206, { 'content-length': '10' });
        if (request.method === 'HEAD') response.end();
        else response.write('five ');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'some');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'some');
    try {
      const store = new S3Store({ bucket: 'atlas', prefix: '', hasOwnEndpoint: true, timeoutMs: 100 });
      await Promise.all(
        [
          () => store.open('a'),
          () => store.list(''),
          () => store.remove(['a']),
          () => store.write('a', contentOf('x')),
          async () => (await store.open('half'))?.slice(0),
        ].map((attempt) => expect(attempt()).rejects.toThrow(ObjectStoreError)),
      );
    } finally {
      vi.unstubAllEnvs();
      server.closeAllConnections();
      server.close();
    }
  });
});

async function* contentOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

async function* times(part: Uint8Array, count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield part;
}

async function textOf(store: ObjectStore, name: string): Promise<string | null> {
  const object = await store.open(name);
  return object === null ? null : new TextDecoder().decode(await object.slice(0));
}

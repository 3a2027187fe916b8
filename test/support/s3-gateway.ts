import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePorts } from '../../src/embedded/free-ports.ts';
import { temporaryDirectory } from './run-directory.ts';

export interface S3Gateway {
  readonly endpoint: string;
  /** Its objects are files. */
  readonly directory: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

const PLACES = ['versitygw', join(homedir(), 'go/bin/versitygw'), process.env.VERSITYGW ?? ''];
const program = PLACES.find(isThere) ?? null;

if (program === null) {
  process.stdout.write(
    'The tests of S3 are skipped: there is no versitygw (go install github.com/versity/versitygw/cmd/versitygw@latest).\n',
  );
}

export const hasS3Gateway = program !== null;

function isThere(path: string): boolean {
  try {
    execFileSync(path, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A real server of the S3 API over a directory, with the bucket `atlas`. */
export async function startS3Gateway(): Promise<S3Gateway> {
  if (program === null) throw new Error('There is no versitygw');
  const root = temporaryDirectory('s3');
  const directory = join(root, 'data', 'atlas');
  const sidecar = join(root, 'attributes');
  for (const made of [directory, sidecar]) mkdirSync(made, { recursive: true });
  const [port] = await freePorts([null]);
  const credentials = { accessKeyId: 'atlas-test-key', secretAccessKey: 'a-secret-that-nobody-sees' };
  const server = spawn(program, ['--port', `127.0.0.1:${port}`, 'posix', '--sidecar', sidecar, join(root, 'data')], {
    env: { ...process.env, ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => fetch(endpoint), { timeout: 10_000, interval: 50 });
  return {
    ...{ endpoint, directory, credentials },
    async stop() {
      server.kill('SIGKILL');
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

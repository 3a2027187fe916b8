import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { firstMessage } from './child.ts';
import type { LoadedServer } from './http-load.ts';

const PEERS = new URL('../peers/', import.meta.url);

export type PeerName = 'mercurius' | 'PostGraphile';

export interface Peer extends LoadedServer {
  readonly name: PeerName;
  stop(): void;
}

/** Whether `npm --prefix bench/peers ci` has been done. */
export function arePeersInstalled(): boolean {
  return existsSync(new URL('node_modules/.package-lock.json', PEERS));
}

/** Another GraphQL server, as in production. @param args of its program in `bench/peers/`. */
export async function startPeer(name: PeerName, args: readonly string[]): Promise<Peer> {
  const env = { ...process.env, NODE_ENV: 'production', GRAPHILE_ENV: 'production' };
  // Where an entity is, is asked of Atlas' own module, which is TypeScript.
  const child = fork(new URL(`${name.toLowerCase()}-server.mjs`, PEERS), args, {
    env,
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return { name, pid: child.pid ?? 0, url: await firstMessage<string>(child), stop: () => void child.kill() };
}

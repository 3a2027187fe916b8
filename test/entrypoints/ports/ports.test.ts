import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { devPort } from '../../../src/entrypoints/ports/dev-port.ts';
import { portHolder } from '../../../src/entrypoints/ports/port-holder.ts';
import { asPortInUse, PortInUseError } from '../../../src/entrypoints/ports/port-in-use.ts';

const host = '127.0.0.1';
const listening: Server[] = [];
afterEach(async () => {
  await Promise.all(listening.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

async function taken(port = 0): Promise<number> {
  const server = createServer();
  listening.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the holder of a port', () => {
  it('is this process itself', async () => {
    expect(portHolder(await taken())).toBe('this process itself');
  });

  it('is another process, with the name of its program but not its arguments', async () => {
    const script = `require('node:net').createServer().listen(0, '${host}', function () { console.log(this.address().port) })`;
    const child = spawn(process.execPath, ['-e', script, 'a-secret'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    expect(portHolder(Number(String(port)))).toBe(`process ${child.pid}, "node"`);
    child.kill();
    await once(child, 'exit');
  });

  it('is unknown if nothing listens there', async () => {
    const port = await taken();
    await new Promise((closed) => listening.pop()?.close(closed));
    expect(portHolder(port)).toBeNull();
  });
});

describe('the port of atlas dev', () => {
  it('is the usual one, or the next one that is free', async () => {
    const first = await taken();
    const next = await devPort({ host, port: first }, false);
    expect(next).toBeGreaterThan(first);
    expect(await devPort({ host, port: next }, false)).toBe(next);
  });

  it('is not the one that replicate has by default', async () => {
    expect(await devPort({ host, port: 4001 }, false)).toBeGreaterThan(4001);
    expect(await devPort({ host, port: 0 }, true)).toBe(0);
  });

  it('is the one that was asked for, or none', async () => {
    const port = await taken();
    await expect(devPort({ host, port }, true)).rejects.toThrow(
      `Port ${port} of ${host} is in use by this process itself.\nStop that process, or set ATLAS_PORT to another port`,
    );
  });
});

describe('a server that cannot listen', () => {
  it('says which setting chooses its port', async () => {
    const port = await taken();
    const rival = createServer().listen(port, host);
    const [error] = await once(rival, 'error');
    const translated = asPortInUse(error, (of) => (of === port ? 'ATLAS_ADMIN_PORT' : 'ATLAS_PORT'));
    expect(translated).toBeInstanceOf(PortInUseError);
    expect(String(translated)).toContain('set ATLAS_ADMIN_PORT to another port');
  });

  it('for another reason keeps its error', () => {
    const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
    expect(asPortInUse(error, () => '')).toBe(error);
  });
});

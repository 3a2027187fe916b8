import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Link } from './link.ts';

describe('a link', () => {
  let echo: Server;
  let link: Link;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    echo = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    link = await Link.open('client', 'echo', () => (echo.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await link.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((closed) => echo.close(closed));
  });

  async function open(): Promise<Socket> {
    const socket = connect(link.port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }
  const closed = (socket: Socket) => new Promise((done) => socket.once('close', done));
  const answer = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

  it('passes on what each side sends, and the end', async () => {
    const socket = await open();
    socket.write('hello');
    expect(await answer(socket)).toBe('hello');
    socket.end();
    await closed(socket);
  });

  it('passes on megabytes in order', async () => {
    const socket = await open();
    const sent = Buffer.alloc(5_000_000, 'abcdefghij');
    const received: Buffer[] = [];
    socket.on('data', (chunk) => received.push(chunk));
    socket.end(sent);
    await closed(socket);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('cut: resets connections, and new ones, until it is open again', async () => {
    const before = await open();
    before.write('hello');
    await answer(before);
    const reset = closed(before);
    link.set('cut');
    await reset;
    const refused = connect(link.port, '127.0.0.1').on('error', () => {});
    await closed(refused);
    link.set('open');
    const after = await open();
    after.write('again');
    expect(await answer(after)).toBe('again');
  });

  it('silent: delivers nothing, and everything once it is open again', async () => {
    const socket = await open();
    socket.write('one');
    expect(await answer(socket)).toBe('one');
    link.set('silent');
    socket.write('two');
    const silent = await open();
    silent.write('three');
    const answers = Promise.all([answer(socket), answer(silent)]);
    let isOpen = false;
    const order = answers.then(() => isOpen);
    await new Promise(setImmediate);
    isOpen = true;
    link.set('open');
    expect(await answers).toEqual(['two', 'three']);
    expect(await order).toBe(true);
  });

  it('slow: delivers late', async () => {
    link.set('slow', 60);
    const socket = await open();
    const sentAt = performance.now();
    socket.write('late');
    expect(await answer(socket)).toBe('late');
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(119);
  });
});

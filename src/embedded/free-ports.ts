import { createServer, type Server } from 'node:net';

/** Below the ephemeral port range, so that no outgoing connection takes a port before the server does. */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/**
 * Distinct ports that are currently free on 127.0.0.1: each preferred port if it is free, otherwise any other.
 */
export async function freePorts(preferred: readonly (number | null)[]): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (const wish of preferred) {
      let port = wish ?? anyPort();
      let server = await listen(port);
      while (server === null) {
        port = anyPort();
        server = await listen(port);
      }
      held.push(server);
      ports.push(port);
    }
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function anyPort(): number {
  return LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
}

function listen(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(null) : reject(error),
    );
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

import { createServer } from 'node:net';
import { REPLICATE_DEFAULTS } from '../../config/command-defaults.ts';
import { type ListenAddress, PortInUseError } from './port-in-use.ts';

/** How many ports are tried. */
const TRIED = 20;
const OF_REPLICATE = Number(REPLICATE_DEFAULTS.ATLAS_PORT);

/**
 * The port of `atlas dev`, before it has started anything: the one that was asked for or, if none was, the first from the usual one on that is free.
 * @param wanted 0 picks a free one.
 * @param isGiven whether a person has asked for it.
 * @throws PortInUseError
 */
export async function devPort({ host, port: wanted }: ListenAddress, isGiven: boolean): Promise<number> {
  const last = isGiven ? wanted : wanted + TRIED;
  for (let port = wanted; port <= last; port++) {
    if (port === OF_REPLICATE && !isGiven) continue;
    if (await isFree({ host, port })) return port;
  }
  throw new PortInUseError({ host, port: wanted }, 'ATLAS_PORT');
}

/** True as well if the address cannot be listened on for another reason, which the server will name. */
function isFree(address: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ ...address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

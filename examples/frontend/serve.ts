import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = import.meta.dirname;
const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/style.css': ['style.css', 'text/css'],
};
/** Headers of one connection, which the next one has of its own. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'host'];

/** The page as one script, without anything else to load. */
export async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'src/main.ts')],
    ...{ bundle: true, minify: true, write: false, format: 'esm', target: 'es2022' },
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * Serves the page, and passes `/graphql` on, so that the page needs no CORS.
 * @param atlas the URL of GraphQL.
 * @param port 0: any.
 * @returns the URL of the page, and how to stop.
 */
export async function servePage(atlas: string, port: number): Promise<{ url: string; stop(): Promise<void> }> {
  const script = await bundlePage();
  const server = createServer((incoming, response) => {
    const path = incoming.url?.split('?')[0] ?? '/';
    const file = FILES[path];
    if (path === '/graphql') return pass(incoming, response, atlas);
    if (path === '/main.js') return response.setHeader('content-type', 'text/javascript').end(script);
    if (file === undefined) return response.writeHead(404).end();
    response.setHeader('content-type', file[1]);
    return createReadStream(join(folder, 'public', file[0])).pipe(response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${chosen}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(incoming: IncomingMessage, response: ServerResponse, atlas: string): void {
  const kept = Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.includes(name));
  const outgoing = request(atlas, { method: incoming.method, headers: Object.fromEntries(kept) }, (answer) => {
    const headers = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.includes(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
    answer.pipe(response);
  });
  outgoing.once('error', ({ message }) => {
    if (response.headersSent) return response.destroy();
    return response
      .writeHead(502, { 'content-type': 'application/json' })
      .end(JSON.stringify({ errors: [{ message: `Atlas does not answer at ${atlas}: ${message}` }] }));
  });
  incoming.pipe(outgoing);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { url } = await servePage(
    process.env.ATLAS_URL ?? 'http://127.0.0.1:4000/graphql',
    Number(process.env.PORT ?? 4100),
  );
  process.stdout.write(`${url}\n`);
}

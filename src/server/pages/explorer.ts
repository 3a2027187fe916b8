import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { packageFile } from '../../lib/package-file.ts';
import { HtmlPage } from './html-page.ts';

const PAGE = packageFile('assets/explorer.html');
/** Made by `npm run build`, compressed. */
const FOLDER = packageFile('dist/explorer/');
const TYPES: Readonly<Record<string, string>> = {
  'graphiql.js': 'text/javascript; charset=utf-8',
  'graphiql.css': 'text/css; charset=utf-8',
  'editor-worker.js': 'text/javascript; charset=utf-8',
  'json-worker.js': 'text/javascript; charset=utf-8',
  'graphql-worker.js': 'text/javascript; charset=utf-8',
};

interface StoredFile {
  readonly gzipped: Buffer;
  readonly tag: string;
}

/**
 * `GET /explorer` for people: GraphiQL beside the freshness of each answer. Everything comes from this server, with paths that are relative
 * to the page, so that it works behind a proxy that adds a prefix.
 */
export function explorer(app: FastifyInstance): void {
  const page = new HtmlPage(readFileSync(PAGE, 'utf8'), (ownScript) => ({
    'script-src': `'self' ${ownScript}`,
    // The editor writes the colours of its themes into the document.
    'style-src': "'self' 'unsafe-inline'",
    'font-src': 'data:',
    'worker-src': "'self'",
  }));
  const stored = new Map<string, Promise<StoredFile>>();
  const load = (name: string): Promise<StoredFile> => {
    const known = stored.get(name) ?? read(name);
    stored.set(name, known);
    known.catch(() => stored.delete(name));
    return known;
  };

  app.get('/explorer', (request, reply) => {
    // Relative paths would lead one folder too deep.
    if (request.url.split('?', 1)[0]?.endsWith('/') === true) return reply.redirect('../explorer', 308);
    return page.send(reply);
  });

  for (const [name, type] of Object.entries(TYPES)) {
    app.get(`/explorer/${name}`, async (request, reply) => {
      const { gzipped, tag } = await load(name);
      reply.type(type).headers({ 'cache-control': 'no-cache', etag: tag, vary: 'accept-encoding' });
      if (request.headers['if-none-match']?.includes(tag) === true) return reply.code(304).send();
      if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
        return reply.header('content-encoding', 'gzip').send(gzipped);
      }
      return reply.send(await promisify(gunzip)(gzipped));
    });
  }
}

async function read(name: string): Promise<StoredFile> {
  const gzipped = await readFile(new URL(`${name}.gz`, FOLDER));
  return { gzipped, tag: `W/"${createHash('sha256').update(gzipped).digest('base64url')}"` };
}

import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { packageFile } from '../../lib/package-file.ts';
import { HtmlPage } from './html-page.ts';

const PAGE = packageFile('assets/start-page.html');
const LINK = '<a href="explorer">Explorer</a>';

/** `GET /` for people: the lag of every source. Needs nothing but this server. */
export function startPage(app: FastifyInstance, { hasExplorer }: { readonly hasExplorer: boolean }): void {
  const html = readFileSync(PAGE, 'utf8');
  const page = new HtmlPage(hasExplorer ? html : html.replace(LINK, ''));
  app.get('/', (_request, reply) => page.send(reply));
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';

const FILE = new URL('../../assets/start-page.html', import.meta.url);

/** `GET /` for people: one page that needs nothing but this server. Only its own script and style may run on it. */
export function startPage(app: FastifyInstance): void {
  const html = readFileSync(FILE, 'utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(html, 'script')}`,
    `style-src ${hashOf(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  app.get('/', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .send(html),
  );
}

/** @throws Error if the page does not have exactly one such element, because a second one would not run. */
function hashOf(html: string, element: 'script' | 'style'): string {
  const [content, ...more] = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))];
  if (content?.[1] === undefined || more.length > 0) throw new Error(`The start page needs exactly one <${element}>`);
  return `'sha256-${createHash('sha256').update(content[1]).digest('base64')}'`;
}

import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** A page whose script and style are its own: the policy names them by their hashes. */
export class HtmlPage {
  readonly #html: string;
  readonly #policy: string;

  /**
   * @param more further directives of the content security policy, or other values for those below.
   * @throws Error if the page does not have exactly one `<script>` and one `<style>`, because a second one would not run.
   */
  constructor(html: string, more: (ownScript: string) => Readonly<Record<string, string>> = () => ({})) {
    this.#html = html;
    const ownScript = hashOf(html, 'script');
    const directives = {
      'default-src': "'none'",
      'script-src': ownScript,
      'style-src': hashOf(html, 'style'),
      'connect-src': "'self'",
      'img-src': 'data:',
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      ...more(ownScript),
    };
    this.#policy = Object.entries(directives)
      .map(([name, sources]) => `${name} ${sources}`)
      .join('; ');
  }

  send(reply: FastifyReply): FastifyReply {
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', this.#policy)
      .header('cache-control', 'no-cache')
      .send(this.#html);
  }
}

function hashOf(html: string, element: 'script' | 'style'): string {
  const [content, ...more] = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))];
  if (content?.[1] === undefined || more.length > 0) throw new Error(`A page needs exactly one <${element}>`);
  return `'sha256-${createHash('sha256').update(content[1]).digest('base64')}'`;
}

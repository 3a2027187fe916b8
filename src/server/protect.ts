import type { FastifyInstance } from 'fastify';

/** For every response, unless its route has set its own. Nothing but the pages for people is a document, and these have policies of their own. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

/** Adds security headers to every response. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    done();
  });
}

/**
 * Refuses requests for other hosts with status 421. A page of another site whose name was made to resolve to this machine (DNS
 * rebinding) has the same origin as the server in the eyes of a browser, and only the header Host tells.
 * @param allowed Without ports.
 */
export function checkHost(app: FastifyInstance, allowed: readonly string[]): void {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  app.addHook('onRequest', async (request, reply) => {
    const name = request.hostname.toLowerCase();
    if (names.has(name)) return;
    const expected = allowed.join(', ');
    await reply.code(421).send({
      error: `This server is not ${JSON.stringify(name)}; expected the host ${expected}. ATLAS_ALLOWED_HOSTS lists the names that are accepted.`,
    });
  });
}

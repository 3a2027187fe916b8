import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const ACCEPTED = /^[\w.:=+/@-]{1,128}$/;

/** That of the header `x-request-id`, so that one id follows a request through all services; a new one if there is none, or if it could not be read in a log. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const { 'x-request-id': given } = headers;
  return typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
}

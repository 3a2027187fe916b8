import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { GatewayProof } from '../../config/authentication.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';

/** The headers that a signature covers; a header that is not sent counts as empty. */
const SIGNED_HEADERS = ['x-tenant-id', 'x-atlas-subject', 'x-atlas-roles'] as const;

export const SIGNATURE_HEADER = 'x-atlas-signature';

/**
 * Checks that a gateway has signed the request: `x-atlas-signature: t=<milliseconds since the epoch>,v1=<signature>`. The
 * signature is the HMAC-SHA256, in hexadecimal digits, of these lines, joined by line feeds: the time, the method, the path with the query
 * string, the headers x-tenant-id, x-atlas-subject and x-atlas-roles, and the SHA-256 of the body in hexadecimal digits.
 * @throws AtlasError UNAUTHENTICATED
 */
export function checkSignature(request: GraphQLHttpRequest, { secrets, maxSkewMs }: GatewayProof, now: number): void {
  const given = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/.exec(request.headers.get(SIGNATURE_HEADER) ?? '');
  const [, time, signature] = given ?? [];
  if (time === undefined || signature === undefined) {
    throw unauthenticated(`malformed; expected "t=<milliseconds>,v1=<64 hexadecimal digits>"`);
  }
  if (Math.abs(now - Number(time)) > maxSkewMs) {
    throw unauthenticated(`from another time than now; expected one within ${maxSkewMs} ms of the server's clock`);
  }
  const expected = Buffer.from(signature, 'hex');
  const text = signedText(request, time);
  const isValid = secrets.some((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(text).digest(), expected),
  );
  if (!isValid) throw unauthenticated('not that of this request; sign each request as it is sent');
}

function signedText({ method, path, headers, rawBody }: GraphQLHttpRequest, time: string): string {
  const bodyHash = createHash('sha256').update(rawBody).digest('hex');
  return [time, method, path, ...SIGNED_HEADERS.map((name) => headers.get(name) ?? ''), bodyHash].join('\n');
}

function unauthenticated(problem: string): AtlasError {
  return new AtlasError('UNAUTHENTICATED', `The header ${SIGNATURE_HEADER} is ${problem}.`);
}

import { createHash, createHmac } from 'node:crypto';
import { jwtVerify } from 'jose';

/** A client, as the gateway has verified it. */
export interface ClientIdentity {
  readonly tenant: string;
  readonly subject: string;
  readonly roles: readonly string[];
}

/** Secrets of the gateway. */
export interface GatewaySecrets {
  /** With which clients' tokens are signed (HS256). */
  readonly clients: string;
  /** ATLAS_GATEWAY_SECRET. */
  readonly atlas: string;
}

/**
 * Who a client is, by its bearer token alone: a header x-tenant-id of its own counts for nothing. Null if the token is missing or
 * not valid.
 */
export async function identifyClient(authorization: string | null, secret: string): Promise<ClientIdentity | null> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return null;
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'sub', 'tenant'],
    });
    const roles = Array.isArray(payload.roles) ? payload.roles.map(String) : [];
    return { tenant: String(payload.tenant), subject: String(payload.sub), roles };
  } catch {
    return null;
  }
}

interface SentRequest {
  readonly url: string;
  readonly method: string;
  /** Exactly as it is sent. */
  readonly body: string;
}

/** The headers that tell Atlas who the client is, with the proof that this gateway says so. They replace those of the client. */
export function identityHeaders(
  { tenant, subject, roles }: ClientIdentity,
  { url, method, body }: SentRequest,
  secret: string,
): Record<string, string> {
  const { pathname, search } = new URL(url);
  const headers = { 'x-tenant-id': tenant, 'x-atlas-subject': subject, 'x-atlas-roles': roles.join(',') };
  const time = Date.now();
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const text = [time, method, `${pathname}${search}`, ...Object.values(headers), bodyHash].join('\n');
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  return { ...headers, 'x-atlas-signature': `t=${time},v1=${signature}` };
}

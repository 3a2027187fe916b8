import type { TenantId } from './identifiers.ts';

/** Who sends a request, as verified. */
export interface Caller {
  readonly tenantId: TenantId;
  /** The subject of the token, or what the gateway says; null if unknown. */
  readonly subject: string | null;
  /** The names in the claims `scope` and `roles`, or in the gateway's header; null if there is no such claim. */
  readonly grants: ReadonlySet<string> | null;
  /** When the proof of all that ends, in milliseconds since the epoch; null: it does not. */
  readonly expiresAt: number | null;
}

/** Who writes, as the audit records it. */
export type Author = Pick<Caller, 'tenantId' | 'subject'>;

import type { ErrorCode } from '../../domain/errors.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  INTERNAL: 500,
};

/** The HTTP status of a request that is refused as a whole, before anything of it ran. */
export function statusOfRefusal(code: ErrorCode): number {
  return STATUS[code] ?? 400;
}

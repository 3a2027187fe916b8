import { AtlasError } from '../domain/errors.ts';

/** What went wrong, for a person at a terminal: sentences, never a stack trace. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return `atlas failed: ${String(error)}`;
  if (hasCode(error, 'EADDRINUSE')) {
    return `${error.message}\nStop what listens there, or choose another port: ATLAS_PORT=4001 (0 picks a free one).`;
  }
  if (error instanceof AtlasError) return `${error.message} (${error.code}${causeOf(error)})`;
  return error.message;
}

/** What the driver says of a connection, such as a wrong password: it holds no values. */
function causeOf({ cause }: AtlasError): string {
  if (!(cause instanceof Error)) return '';
  return `: ${cause.message || ('code' in cause ? String(cause.code) : cause.name)}`;
}

function hasCode(error: Error, code: string): boolean {
  return 'code' in error && error.code === code;
}

import { AtlasError } from '../domain/errors.ts';

/** Describes a failure to the operator, without a stack trace. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return `atlas failed: ${String(error)}`;
  if (hasCode(error, 'EADDRINUSE')) {
    return `${error.message}\nStop the process that listens on this port, or set ATLAS_PORT to another one (0 picks a free port).`;
  }
  if (error instanceof AtlasError) return `${error.message} (${error.code}${causeOf(error)})`;
  return error.message;
}

/** The driver's reason for a failed connection, such as a wrong password. It contains no values of entities. */
function causeOf({ cause }: AtlasError): string {
  if (!(cause instanceof Error)) return '';
  return `: ${cause.message || ('code' in cause ? String(cause.code) : cause.name)}`;
}

function hasCode(error: Error, code: string): boolean {
  return 'code' in error && error.code === code;
}

import { AtlasError } from '../domain/errors.ts';

/** Describes a failure to the operator, without a stack trace. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return `atlas failed: ${String(error)}`;
  if (error instanceof AtlasError) return `${error.message} (${error.code}${causeOf(error)})`;
  return error.message;
}

/** The driver's reason for a failed connection, such as a wrong password. It contains no values of entities. */
function causeOf({ cause }: AtlasError): string {
  if (!(cause instanceof Error)) return '';
  return `: ${cause.message || ('code' in cause ? String(cause.code) : cause.name)}`;
}

/** Kafka did not do what it was asked. What was asked is tried again. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
}

/** The client wraps what went wrong in errors that say less and less: the innermost ones say what it was. */
export function kafkaError(what: string, error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  const reasons = [...new Set(innermost(error))].slice(0, 3).join('; ');
  return new KafkaError(`${what}: ${reasons}`, { cause: error });
}

function innermost(error: unknown): string[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(innermost);
  if (!(error instanceof Error)) return [String(error)];
  return error.cause instanceof Error ? innermost(error.cause) : [error.message];
}

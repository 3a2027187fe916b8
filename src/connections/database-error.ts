/**
 * A statement that the database refused while it was reachable: a defect of the statement, or a conflict that its
 * sender expects and handles. Never shown to a client. The driver's error is not its cause, because that holds values.
 */
export class DatabaseError extends Error {
  /** Postgres' five characters; the empty string for ClickHouse. */
  readonly sqlState: string;
  /** ClickHouse's error number; 0 for Postgres. */
  readonly code: number;
  /** The constraint that was violated, if Postgres names one. */
  readonly constraint: string | null;

  constructor(message: string, facts: { sqlState?: string; code?: number; constraint?: string | undefined }) {
    super(message);
    this.name = 'DatabaseError';
    this.sqlState = facts.sqlState ?? '';
    this.code = facts.code ?? 0;
    this.constraint = facts.constraint ?? null;
  }
}

/** Why a store cannot be brought up to date, in one sentence that says what would help. For operators. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MigrationError';
  }
}

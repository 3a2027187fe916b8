import type { ScalarType } from '../../../domain/catalog/list-types.ts';
import type { Operand } from '../../../domain/filter/filter.ts';

type CastName = 'integer' | 'integer[]' | 'bigint' | 'bigint[]' | `${(typeof CASTS)[ScalarType]}${'' | '[]'}`;

/** The Postgres type of an operand. */
export const CASTS = {
  TEXT: 'text',
  NUMBER: 'float8',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamptz',
  JSON: 'jsonb',
  REFERENCE: 'text',
} as const satisfies Record<ScalarType, string>;

/** The values of one statement, in the order of their placeholders. */
export class BoundValues {
  readonly #values: unknown[] = [];
  readonly #scalars = new Map<string, string>();

  get values(): readonly unknown[] {
    return this.#values;
  }

  /** A placeholder for the value; the same one for a scalar that is bound already. */
  bind(value: string | number | boolean | readonly (string | number | boolean)[], cast: CastName): string {
    if (typeof value === 'object') return this.#add(value, cast);
    const identity = `${cast} ${value}`;
    const known = this.#scalars.get(identity);
    if (known !== undefined) return known;
    const placeholder = this.#add(value, cast);
    this.#scalars.set(identity, placeholder);
    return placeholder;
  }

  bindOperand(operand: Operand, type: ScalarType): string {
    return this.bind(driverValue(operand, type), CASTS[type]);
  }

  bindOperands(operands: readonly Operand[], type: ScalarType): string {
    return this.bind(
      operands.map((operand) => driverValue(operand, type)),
      `${CASTS[type]}[]`,
    );
  }

  #add(value: unknown, cast: CastName): string {
    this.#values.push(value);
    return `$${this.#values.length}::${cast}`;
  }
}

function driverValue(operand: Operand, type: ScalarType): Operand {
  return type === 'TIMESTAMP' ? new Date(Number(operand)).toISOString() : operand;
}

import type { ScalarType } from '../../domain/catalog/list-types.ts';
import type { Operand } from '../../domain/filter/filter.ts';

type BoundType = 'UInt32' | 'UInt64' | (typeof TYPES)[ScalarType];

/** The types of the entity tables' columns. JSON is compared by its canonical text. */
const TYPES = {
  TEXT: 'String',
  NUMBER: 'Float64',
  BOOLEAN: 'Bool',
  TIMESTAMP: 'Int64',
  JSON: 'String',
  REFERENCE: 'String',
} as const;

/** The parameters of one statement. */
export class BoundParameters {
  readonly #values: Record<string, unknown> = {};
  readonly #scalars = new Map<string, string>();
  #count = 0;

  get values(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  /** A placeholder for the value; the same one if it is bound already. */
  bind(value: Operand | bigint, type: BoundType): string {
    const identity = `${type} ${value}`;
    const known = this.#scalars.get(identity);
    if (known !== undefined) return known;
    const placeholder = this.#add(value, type);
    this.#scalars.set(identity, placeholder);
    return placeholder;
  }

  bindList(values: readonly (Operand | bigint)[], type: BoundType): string {
    return this.#add(values, `Array(${type})`);
  }

  bindOperand(operand: Operand, type: ScalarType): string {
    return this.bind(operand, TYPES[type]);
  }

  bindOperands(operands: readonly Operand[], type: ScalarType): string {
    return this.bindList(operands, TYPES[type]);
  }

  #add(value: unknown, type: string): string {
    const name = `p${this.#count++}`;
    this.#values[name] = value;
    return `{${name}:${type}}`;
  }
}

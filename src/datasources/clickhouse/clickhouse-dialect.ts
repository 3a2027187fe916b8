import { type AttributeDefinition, INDEXED_TEXT_LENGTH } from '../../domain/catalog/attribute.ts';
import type { ScalarType } from '../../domain/catalog/list-types.ts';
import type { Operand } from '../../domain/filter/filter.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import type { FilterDialect } from '../sql/filter-sql.ts';
import { type AttributeRows, jsonText } from './attribute-rows.ts';
import type { BoundParameters } from './bound-parameters.ts';

/** Writes conditions on `entity AS e`, all of one tenant. */
export class ClickHouseDialect implements FilterDialect {
  readonly parameters: BoundParameters;
  /** The placeholder of the tenant's id. */
  readonly tenant: string;
  readonly rows: AttributeRows;

  constructor(parameters: BoundParameters, tenant: string, rows: AttributeRows) {
    this.parameters = parameters;
    this.tenant = tenant;
    this.rows = rows;
  }

  bind(operand: Operand, type: ScalarType): string {
    return this.parameters.bindOperand(operand, type);
  }

  isOneOf(value: string, operands: readonly Operand[], type: ScalarType): string {
    // IN compares bits: adding 0 makes -0 equal to 0, as everywhere else.
    const compared = type === 'NUMBER' ? `(${value} + 0)` : value;
    return `${compared} IN ${this.parameters.bindOperands(operands, type)}`;
  }

  idIsOneOf(ids: readonly EntityId[]): string {
    return `e.entity_id IN ${this.parameters.bindList(ids.map(BigInt), 'UInt64')}`;
  }

  startsWith(value: string, prefix: string): string {
    return `startsWith(${value}, ${this.bind(prefix, 'TEXT')})`;
  }

  contains(value: string, part: string): string {
    return `position(${value}, ${this.bind(part, 'TEXT')}) > 0`;
  }

  matches(value: string, pattern: string): string {
    return `match(${value}, ${this.bind(pattern, 'TEXT')})`;
  }

  fillsIndex(value: string): string {
    return `lengthUTF8(${value}) = ${INDEXED_TEXT_LENGTH}`;
  }

  wholeValue(attribute: AttributeDefinition): string {
    return attribute.type === 'JSON' ? jsonText(attribute.id) : `JSONExtractString(e.attributes, '${attribute.id}')`;
  }

  hasRow(attribute: AttributeDefinition, condition: (value: string) => string): string {
    return `e.entity_id IN (${this.rows.having(attribute, condition)})`;
  }

  /** Elements are texts; a number is the one that JSON has for it. */
  hasElement(attribute: AttributeDefinition, operands: readonly Operand[]): string {
    const texts = this.parameters.bindList(operands.map(String), 'String');
    return `e.entity_id IN (${this.rows.havingElements(attribute, (elements) => `hasAny(${elements}, ${texts})`)})`;
  }

  not(condition: string): string {
    return `NOT ifNull(${condition}, false)`;
  }
}

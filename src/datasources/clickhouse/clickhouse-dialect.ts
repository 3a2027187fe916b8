import { type AttributeDefinition, type AttributeType, INDEXED_TEXT_LENGTH } from '../../domain/catalog/attribute.ts';
import type { Operand, Predicate } from '../../domain/filter/filter.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { type FilterDialect, predicateSql } from '../sql/filter-sql.ts';
import type { AttributeRows } from './attribute-rows.ts';
import type { BoundParameters } from './bound-parameters.ts';
import { jsonbText } from './jsonb-text.ts';

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

  bind(operand: Operand, type: AttributeType): string {
    if (type !== 'JSON') return this.parameters.bindOperand(operand, type);
    return normalised(this.parameters.bind(wrapped(operand), 'String'));
  }

  isOneOf(value: string, operands: readonly Operand[], type: AttributeType): string {
    if (type === 'JSON') {
      const texts = this.parameters.bindList(operands.map(wrapped), 'String');
      return `has(arrayMap(text -> ${normalised('text')}, ${texts}), ${value})`;
    }
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

  fillsIndex(value: string): string {
    return `lengthUTF8(${value}) = ${INDEXED_TEXT_LENGTH}`;
  }

  wholeValue(attribute: AttributeDefinition): string {
    const extract = attribute.type === 'JSON' ? 'JSONExtractRaw' : 'JSONExtractString';
    return `${extract}(e.attributes, '${attribute.id}')`;
  }

  hasRow(attribute: AttributeDefinition, condition: (value: string) => string, predicate: Predicate | null): string {
    // The indexed form of JSON is canonical, which SQL cannot write.
    const whole =
      attribute.type === 'JSON' && predicate !== null
        ? `(JSONHas(e.attributes, '${attribute.id}') AND ${predicateSql(this, this.wholeValue(attribute), 'JSON', predicate)})`
        : null;
    return `e.entity_id IN (${this.rows.having(attribute, condition, whole)})`;
  }

  not(condition: string): string {
    return `NOT ifNull(${condition}, false)`;
  }
}

/** The attributes are stored as Postgres prints jsonb. Printing both sides with one function makes numbers comparable too. */
function normalised(wrappedText: string): string {
  return `JSONExtractRaw(${wrappedText}, 'value')`;
}

function wrapped(operand: Operand): string {
  return `{"value":${jsonbText(JSON.parse(String(operand)) as JsonValue)}}`;
}

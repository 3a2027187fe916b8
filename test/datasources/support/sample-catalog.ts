import { type AttributeDefinition, type AttributeType, HOT_COLUMNS } from '../../../src/domain/catalog/attribute.ts';
import { attribute } from '../../support/domain.ts';

type Place = 'hot' | 'row' | 'jsonb';

function define(id: number, key: string, type: AttributeType, place: Place): AttributeDefinition {
  const hotColumn = place === 'hot' ? (HOT_COLUMNS[type][0] ?? null) : null;
  return attribute({ id, key, type, filterable: place !== 'jsonb', hotColumn });
}

/** Every type in every place it can be stored. */
export const CATALOG = {
  hotText: define(101, 'hot_text', 'TEXT', 'hot'),
  hotNumber: define(102, 'hot_number', 'NUMBER', 'hot'),
  hotBoolean: define(103, 'hot_boolean', 'BOOLEAN', 'hot'),
  hotTimestamp: define(104, 'hot_timestamp', 'TIMESTAMP', 'hot'),
  text: define(201, 'text', 'TEXT', 'row'),
  number: define(202, 'number', 'NUMBER', 'row'),
  boolean: define(203, 'boolean', 'BOOLEAN', 'row'),
  timestamp: define(204, 'timestamp', 'TIMESTAMP', 'row'),
  json: define(205, 'json', 'JSON', 'row'),
  reference: define(206, 'reference', 'REFERENCE', 'row'),
  textList: define(207, 'text_list', 'TEXT_LIST', 'row'),
  numberList: define(208, 'number_list', 'NUMBER_LIST', 'row'),
  note: define(301, 'note', 'TEXT', 'jsonb'),
} as const satisfies Record<string, AttributeDefinition>;

export type SampleKey = keyof typeof CATALOG;
export const SAMPLE_KEYS = Object.keys(CATALOG) as SampleKey[];
/** Those that filters and groups may use, without JSON, references and lists those that orders may use. */
export const FILTERABLE_KEYS = SAMPLE_KEYS.filter((key) => CATALOG[key].filterable);
const UNORDERED = ['JSON', 'REFERENCE', 'TEXT_LIST', 'NUMBER_LIST'];
export const ORDERABLE_KEYS = FILTERABLE_KEYS.filter((key) => !UNORDERED.includes(CATALOG[key].type));
export const LIST_KEYS = ['textList', 'numberList'] as const satisfies SampleKey[];

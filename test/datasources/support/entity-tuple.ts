import type { EntityTuple } from '../../../src/replication/change.ts';

/** An entity of tenant 1 without attributes. */
export function entityTuple(id: string): EntityTuple {
  return {
    ...{ tenant_id: '1', entity_id: id, type: 'thing', version: '1', attributes: '{}', attribute_updated_at: '{}' },
    ...{ created_at: '2024-01-01 00:00:00+00', updated_at: '2024-01-01 00:00:00+00' },
    ...{ text_1: null, text_2: null, text_3: null, text_4: null, boolean_1: null, boolean_2: null },
    ...{ number_1: null, number_2: null, number_3: null, number_4: null, timestamp_1: null, timestamp_2: null },
  };
}

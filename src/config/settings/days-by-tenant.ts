import { z } from 'zod';

const schema = z.record(z.string().regex(/^[1-9][0-9]{0,9}$/), z.number().int().min(1).max(36_500));
const LARGEST_TENANT = 2 ** 31 - 1;

/** Numbers of days by tenant; null if the text is not such JSON. */
export function parseDaysByTenant(text: string): ReadonlyMap<number, number> | null {
  try {
    const days = Object.entries(schema.parse(JSON.parse(text))).map(([id, value]) => [Number(id), value] as const);
    return days.every(([id]) => id <= LARGEST_TENANT) ? new Map(days) : null;
  } catch {
    return null;
  }
}

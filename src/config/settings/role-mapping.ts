import { z } from 'zod';

const schema = z.record(z.string().min(1), z.array(z.string().min(1)));

/** The roles of each granted name; null if the text is not such a mapping as JSON. */
export function parseRoleMapping(text: string): Readonly<Record<string, readonly string[]>> | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

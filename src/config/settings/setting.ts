import { accessSync, constants } from 'node:fs';
import { z } from 'zod';

export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  /** As written in the environment; undefined means not set. */
  readonly default: string | undefined;
  readonly description: string;
  readonly secret?: true;
}

export function setting<T>(
  schema: z.ZodType<T>,
  fallback: string | undefined,
  description: string,
  secret?: true,
): Setting<T> {
  return secret === undefined
    ? { schema, default: fallback, description }
    : { schema, default: fallback, description, secret };
}

export const positive = z.coerce.number().int().positive();
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const readableFile = z.string().refine(isReadable, 'must name a file that can be read');

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';

/** The changes of one tenant and shard in one month. */
export interface ArchivedMonth {
  readonly tenantId: TenantId;
  readonly shard: ShardId;
  /** 202501 is January 2025, UTC. */
  readonly month: number;
}

const position = z
  .string()
  .regex(/^[0-9]{1,20}$/)
  .transform(BigInt);
const entityId = z
  .string()
  .regex(/^[0-9]{1,19}$/)
  .transform(BigInt);

const file = z.object({
  /** In the folder of the manifest. */
  name: z.string().regex(/^[a-z0-9._-]+\.parquet$/),
  rows: z.number().int().positive(),
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The rows are in the order of their entities. */
  firstEntity: entityId,
  lastEntity: entityId,
});

const manifest = z.object({
  format: z.literal(1),
  tenant: z.number().int().positive(),
  shard: z.string(),
  month: z.string(),
  from: position,
  to: position,
  revision: z.number().int().min(0),
  rows: z.number().int().min(0),
  writtenAt: z.string(),
  /** None: everything was erased. */
  files: z.array(file),
});

export type ArchivedFile = z.infer<typeof file>;

/**
 * Files that together have every change of a month of which the transaction committed at `from` or later and before `to`. Its manifest is written after them: without it, there is no
 * such set. A set that was written again, without what has been erased since, has the next revision.
 */
export interface ArchiveSet extends Pick<z.infer<typeof manifest>, 'from' | 'to' | 'revision' | 'rows' | 'files'> {
  readonly month: ArchivedMonth;
  /** Of the manifest. */
  readonly name: string;
}

/** Where everything of a tenant is. */
export const folderOfTenant = (tenantId: TenantId): string => `tenant=${tenantId}/`;

export const folderOf = ({ tenantId, month }: ArchivedMonth): string =>
  `${folderOfTenant(tenantId)}month=${monthText(month)}/`;

/** What the names of all objects of the month and shard begin with. No id of a shard has a dot. */
export const prefixOf = (month: ArchivedMonth): string => `${folderOf(month)}${month.shard}.`;

/**
 * Begins the names of what one attempt to write a set writes: no two share a name, so that none writes over another's.
 * @param at milliseconds since the epoch.
 */
export function attemptPrefix(month: ArchivedMonth, from: bigint, at: number): string {
  const attempt = Math.floor(at).toString(16).padStart(11, '0') + randomBytes(4).toString('hex');
  return `${prefixOf(month)}${from.toString(16).padStart(16, '0')}.${attempt}`;
}

const TIME_OF_NAME = /^[^.]+\.[0-9a-f]{16}\.([0-9a-f]{11})[0-9a-f]{8}\./;

/** When the attempt began that has written an object, in milliseconds since the epoch; null: the object is of none. */
export function attemptedAt(name: string): number | null {
  const [, at] = TIME_OF_NAME.exec(name.slice(name.lastIndexOf('/') + 1)) ?? [];
  return at === undefined ? null : Number.parseInt(at, 16);
}

const MONTH_OF_NAME = /^tenant=([0-9]+)\/month=([0-9]{4})-([0-9]{2})\/([a-z0-9_-]+)\./;

/** Null: the object is none of an archive. */
export function monthOfName(name: string): ArchivedMonth | null {
  const [, tenant, year, month, shard] = MONTH_OF_NAME.exec(name) ?? [];
  if (shard === undefined) return null;
  return { tenantId: Number(tenant), month: Number(`${year}${month}`), shard };
}

export const isManifest = (name: string): boolean => name.endsWith('.json');

export function manifestText(set: ArchiveSet, writtenAt: Date): string {
  const { month, from, to, revision, rows, files } = set;
  const content = {
    ...{ format: 1, tenant: month.tenantId, shard: month.shard, month: monthText(month.month) },
    ...{ from: String(from), to: String(to), revision, rows, writtenAt: writtenAt.toISOString() },
    files: files.map((one) => ({ ...one, firstEntity: String(one.firstEntity), lastEntity: String(one.lastEntity) })),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** @throws Error unless it is a manifest of this month. */
export function parseManifest(name: string, month: ArchivedMonth, text: string): ArchiveSet {
  try {
    const found = manifest.parse(JSON.parse(text));
    const isOfMonth =
      found.tenant === month.tenantId && found.shard === month.shard && found.month === monthText(month.month);
    const { from, to, revision, rows, files } = found;
    const counted = files.reduce((sum, one) => sum + one.rows, 0);
    if (isOfMonth && from < to && counted === rows) return { month, name, from, to, revision, rows, files };
  } catch {
    // Said below.
  }
  throw new Error(`${name} in the archive of the history is not a manifest of its month; restore it, or remove it.`);
}

function monthText(month: number): string {
  const digits = String(month);
  return `${digits.slice(0, 4)}-${digits.slice(4)}`;
}

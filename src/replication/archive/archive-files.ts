import { createHash } from 'node:crypto';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { ObjectStore, StoredObject } from '../../connections/objects/object-store.ts';
import { ParquetStream } from '../../lib/parquet-stream.ts';
import { type ArchivedFile, type ArchiveSet, folderOf } from './archive-set.ts';
import { type ArchivedChange, archiveSchema, columnsOf, sizeOf } from './archived-change.ts';

/** How large files, and what is in memory of them, become: one batch of rows more. */
export interface FileSizes {
  readonly fileRows: number;
  readonly fileBytes: number;
  readonly groupRows: number;
  /** Of values, in memory. */
  readonly groupBytes: number;
}

/** An erasure writes a file again: ten seconds of CPU for one that is full. */
export const FILE_SIZES: FileSizes = {
  fileRows: 500_000,
  fileBytes: 64 * 1024 * 1024,
  groupRows: 20_000,
  groupBytes: 32 * 1024 * 1024,
};

const READ_BYTES = 8 * 1024 * 1024;

/**
 * Writes rows, which come in the order of their entities, to files.
 * @param prefix of their names; a number follows.
 * @returns none if there are no rows.
 */
export async function writeFiles(
  store: ObjectStore,
  prefix: string,
  changes: AsyncGenerator<readonly ArchivedChange[]>,
  sizes: FileSizes,
  signal: AbortSignal,
): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  const batches = parted(changes, sizes.groupRows);
  try {
    let next = await nextBatch(batches);
    while (next !== null) {
      const hash = createHash('sha256');
      const made = { rows: 0, bytes: 0, firstEntity: next[0]?.entity_id ?? 0n, lastEntity: 0n };
      const taken = (bytes: Uint8Array): Uint8Array => {
        hash.update(bytes);
        made.bytes += bytes.length;
        return bytes;
      };
      const content = async function* () {
        const stream = new ParquetStream(archiveSchema(), 'GZIP');
        let group: ArchivedChange[] = [];
        let groupBytes = 0;
        while (next !== null && made.rows < sizes.fileRows && made.bytes < sizes.fileBytes) {
          group.push(...next);
          groupBytes += next.reduce((sum, row) => sum + sizeOf(row), 0);
          made.rows += next.length;
          made.lastEntity = next.at(-1)?.entity_id ?? made.lastEntity;
          if (group.length >= sizes.groupRows || groupBytes >= sizes.groupBytes) {
            yield taken(stream.group(columnsOf(group), group.length));
            group = [];
            groupBytes = 0;
          }
          next = await nextBatch(batches);
        }
        if (group.length > 0) yield taken(stream.group(columnsOf(group), group.length));
        yield taken(stream.end());
      };
      const path = `${prefix}.${files.length + 1}.parquet`;
      await store.write(path, content(), signal);
      files.push({ name: path.slice(path.lastIndexOf('/') + 1), ...made, sha256: hash.digest('hex') });
    }
  } finally {
    await batches.return(undefined);
  }
  return files;
}

async function nextBatch(
  batches: AsyncGenerator<readonly ArchivedChange[]>,
): Promise<readonly ArchivedChange[] | null> {
  const { done, value } = await batches.next();
  return done === true ? null : value;
}

/** No batch is empty, or has more rows than a group. */
async function* parted(
  batches: AsyncGenerator<readonly ArchivedChange[]>,
  most: number,
): AsyncGenerator<readonly ArchivedChange[]> {
  for await (const batch of batches) {
    for (let start = 0; start < batch.length; start += most) yield batch.slice(start, start + most);
  }
}

/** Reads every file of the set again. @returns what is wrong with one of them; null: all are there as they were written. */
export async function faultOf(store: ObjectStore, set: ArchiveSet, signal: AbortSignal): Promise<string | null> {
  for (const { name, rows, bytes, sha256 } of set.files) {
    const path = folderOf(set.month) + name;
    const object = await store.open(path, signal);
    if (object === null) return `${path} is missing`;
    if (object.byteLength !== bytes) return `${path} has ${object.byteLength} bytes instead of ${bytes}`;
    if ((await digestOf(object, signal)) !== sha256) return `${path} is not what was written (SHA-256)`;
    const { num_rows: found } = await parquetMetadataAsync(object);
    if (found !== BigInt(rows)) return `${path} has ${found} rows instead of ${rows}`;
  }
  return null;
}

async function digestOf(object: StoredObject, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < object.byteLength; start += READ_BYTES) {
    signal.throwIfAborted();
    hash.update(new Uint8Array(await object.slice(start, Math.min(object.byteLength, start + READ_BYTES))));
  }
  return hash.digest('hex');
}

/** The rows of a file, one row group after the other. @param columns all unless given. */
export async function* readFile(
  object: StoredObject,
  columns?: readonly (keyof ArchivedChange)[],
): AsyncGenerator<readonly ArchivedChange[]> {
  const metadata = await parquetMetadataAsync(object);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const rows = await parquetReadObjects({
      ...{ file: object, metadata, compressors, rowStart, rowEnd },
      ...(columns === undefined ? {} : { columns: [...columns] }),
    });
    yield rows as unknown as ArchivedChange[];
    rowStart = rowEnd;
  }
}

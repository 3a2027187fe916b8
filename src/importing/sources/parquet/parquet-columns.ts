import type { FileMetaData, SchemaElement } from 'hyparquet';
import { AtlasError } from '../../../domain/errors.ts';
import { canonicalJson, type JsonValue } from '../../../lib/canonical-json.ts';
import type { RawValue } from '../row-source.ts';
import { uniqueNames } from '../unique-names.ts';
import { type ArrowField, arrowFields } from './arrow-fields.ts';
import { leafOf, UnreadableValueError } from './leaf-reader.ts';

/** Converts what the decoder returns for a cell. Null and undefined are null. @throws UnreadableValueError */
type CellReader = (stored: unknown) => RawValue;

export interface ParquetColumn {
  readonly name: string;
  /** Whether the column holds one value per row: no list, map or struct. */
  readonly flat: boolean;
  readonly read: CellReader;
}

export interface ParquetPlan {
  /** Metadata under which the decoder returns every value as it is stored. Its columns are named by their position. */
  readonly metadata: FileMetaData;
  /** By position. */
  readonly columns: readonly ParquetColumn[];
}

/**
 * The decoder rounds decimals, drops what it does not know and builds objects in which `__proto__` is not a member. It
 * therefore gets a schema without logical types, whose names are numbers, and the columns are read here.
 * @throws AtlasError BAD_USER_INPUT if a column cannot be read; Error if the footer contradicts itself.
 */
export function planParquet(file: string, metadata: FileMetaData): ParquetPlan {
  const [root, ...elements] = metadata.schema;
  if (root === undefined) throw new Error('The schema is empty');
  const planner = new SchemaPlanner(file, elements);
  const arrow = arrowFields(metadata.key_value_metadata ?? []);
  const count = root.num_children ?? 0;
  const readers = Array.from({ length: count }, (_, index) => planner.next(String(index), [], arrow[index]));
  const names = uniqueNames(readers.map(({ name }) => name));
  checkColumnCounts(metadata, planner.leaves.length);
  return {
    metadata: {
      ...metadata,
      schema: [root, ...planner.elements],
      row_groups: metadata.row_groups.map((group) => ({
        ...group,
        columns: group.columns.map(({ meta_data, ...chunk }, index) => ({
          ...chunk,
          ...(meta_data && { meta_data: { ...meta_data, path_in_schema: [...(planner.leaves[index] ?? [])] } }),
        })),
      })),
    },
    columns: readers.map(({ read, repeated, children }, index) => ({
      name: names[index] ?? '',
      flat: !repeated && children.length === 0,
      read,
    })),
  };
}

/** The decoder would begin to read a column that is not in the schema, and its failure would end the process. */
function checkColumnCounts({ row_groups }: FileMetaData, expected: number): void {
  for (const [index, { columns }] of row_groups.entries()) {
    if (columns.length === expected) continue;
    throw new Error(`row group ${index + 1} has ${columns.length} columns; the schema has ${expected}`);
  }
}

interface PlannedNode {
  readonly name: string;
  readonly repeated: boolean;
  readonly children: readonly PlannedNode[];
  readonly read: CellReader;
}

class SchemaPlanner {
  /** The rewritten schema, in the order of the file's. */
  readonly elements: SchemaElement[] = [];
  /** Paths of the columns that hold values. */
  readonly leaves: (readonly string[])[] = [];
  #at = 0;

  constructor(
    readonly file: string,
    readonly schema: readonly SchemaElement[],
  ) {}

  /** Plans the next element and those below it. */
  next(position: string, parents: readonly string[], arrow: ArrowField | undefined): PlannedNode {
    const element = this.schema[this.#at++];
    if (element === undefined) throw new Error('The schema is incomplete');
    const path = [...parents, position];
    const { name, num_children: count = 0 } = element;
    const repeated = element.repetition_type === 'REPEATED';
    if (count === 0) {
      const leaf = leafOf(element, arrow?.durationUnit ?? null);
      this.elements.push({ ...leaf.element, name: position });
      this.leaves.push(path);
      return { name, repeated, children: [], read: orNull(repeated ? listReader(leaf.read) : leaf.read) };
    }
    if (element.logical_type?.type === 'VARIANT') throw this.#variant(path, name);
    const { converted_type: converted, logical_type: logical, ...plain } = element;
    this.elements.push({ ...plain, name: position });
    const isMap = converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP';
    const isList = converted === 'LIST' || logical?.type === 'LIST';
    const children = Array.from({ length: count }, (_, index) => {
      const child = arrow?.children[index];
      // Parquet has a repeated group between a list and its elements, Arrow has not.
      return this.next(String(index), path, isList && child ? { ...child, children: arrow?.children ?? [] } : child);
    });
    const read = (isList && listOf(children)) || (isMap && mapOf(children)) || structOf(children);
    return { name, repeated, children, read: orNull(repeated ? listReader(read) : read) };
  }

  #variant(path: readonly string[], name: string): AtlasError {
    return new AtlasError(
      'BAD_USER_INPUT',
      `${this.file}: column ${JSON.stringify(name)} (${path.length > 1 ? 'nested, ' : ''}type VARIANT) cannot be read exactly; write it as JSON text instead.`,
    );
  }
}

/** What the decoder returns for a group: its members by position. */
type StoredGroup = Readonly<Record<string, unknown>>;

const orNull =
  (read: CellReader): CellReader =>
  (stored) =>
    stored === null || stored === undefined ? null : read(stored);

const listReader =
  (read: CellReader): CellReader =>
  (stored) =>
    (stored as readonly unknown[]).map((element) => toJson(orNull(read)(element)));

/** Null if the group does not have the form of a list: one repeated member, which may be a group around the element. */
function listOf([repeated, ...others]: readonly PlannedNode[]): CellReader | null {
  if (repeated === undefined || !repeated.repeated || others.length > 0) return null;
  const [element, ...further] = repeated.children;
  if (element === undefined || further.length > 0) return (stored) => repeated.read((stored as StoredGroup)[0]);
  const elements = listReader((wrapped) => element.read((wrapped as StoredGroup)[0]));
  return (stored) => elements((stored as StoredGroup)[0] ?? []);
}

/** Null if the group does not have the form of a map: one repeated group of a key and a value. */
function mapOf([entries, ...others]: readonly PlannedNode[]): CellReader | null {
  if (entries === undefined || !entries.repeated || others.length > 0) return null;
  const [key, value, ...further] = entries.children;
  if (key === undefined || value === undefined || further.length > 0) return null;
  return (stored) => {
    const map: { [key: string]: JsonValue } = Object.create(null);
    for (const entry of ((stored as StoredGroup)[0] ?? []) as readonly StoredGroup[]) {
      const known = toJson(key.read(entry[0]));
      const name = typeof known === 'string' ? known : canonicalJson(known);
      if (name in map) throw new UnreadableValueError('has a map with the same key twice', name);
      map[name] = toJson(value.read(entry[1]));
    }
    return map;
  };
}

function structOf(members: readonly PlannedNode[]): CellReader {
  const names = uniqueNames(members.map(({ name }) => name));
  return (stored) => {
    const struct: { [key: string]: JsonValue } = Object.create(null);
    members.forEach(({ read }, index) => {
      struct[names[index] ?? ''] = toJson(read((stored as StoredGroup)[index]));
    });
    return struct;
  };
}

/** A value inside a list, map or struct. NaN is null, as it is in a column of its own. */
function toJson(value: RawValue): JsonValue {
  if (value instanceof Date) return value.toISOString();
  return value === undefined || Number.isNaN(value) ? null : value;
}

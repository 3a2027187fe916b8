/** What a Parquet schema does not say about a column that Arrow wrote. */
export interface ArrowField {
  /** Nanoseconds of one unit, for a duration; otherwise null. Parquet stores a duration as a plain 64-bit integer. */
  readonly durationUnit: bigint | null;
  readonly children: readonly ArrowField[];
}

/** The union member of a duration in Arrow's Schema.fbs, and the nanoseconds of its units. */
const DURATION = 18;
const UNITS = [1_000_000_000n, 1_000_000n, 1_000n, 1n] as const;
const MILLISECOND = 1;

/** Positions of the fields in the tables of Arrow's Message.fbs and Schema.fbs. */
const MESSAGE_HEADER = 2;
const SCHEMA_FIELDS = 1;
const FIELD_TYPE_KIND = 2;
const FIELD_TYPE = 3;
const FIELD_CHILDREN = 5;
const DURATION_UNIT = 0;

/** Before the message: a continuation marker and the length. Older versions write only the length. */
const CONTINUATION = 0xffffffff;

/**
 * The fields of the schema that Arrow stores in the file's metadata under `ARROW:schema`, in the order of the columns. Empty if there
 * is none, or if it is not readable.
 */
export function arrowFields(
  metadata: readonly { readonly key: string; readonly value?: string | undefined }[],
): readonly ArrowField[] {
  const encoded = metadata.find(({ key }) => key === 'ARROW:schema')?.value;
  if (encoded === undefined) return [];
  const bytes = Buffer.from(encoded, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const start = view.getUint32(0, true) === CONTINUATION ? 8 : 4;
    const message = new FlatTable(view, start + view.getUint32(start, true));
    return message.table(MESSAGE_HEADER)?.tables(SCHEMA_FIELDS).map(toField) ?? [];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function toField(field: FlatTable): ArrowField {
  const duration = field.byte(FIELD_TYPE_KIND) === DURATION;
  const unit = field.table(FIELD_TYPE)?.byte(DURATION_UNIT) ?? MILLISECOND;
  return {
    durationUnit: duration ? (UNITS[unit] ?? null) : null,
    children: field.tables(FIELD_CHILDREN).map(toField),
  };
}

/** A table of a FlatBuffer. @throws RangeError if the buffer is damaged. */
class FlatTable {
  constructor(
    readonly view: DataView,
    readonly start: number,
  ) {}

  /** Null if the field has its default value. */
  byte(field: number): number | null {
    const at = this.#position(field);
    return at === null ? null : this.view.getUint8(at);
  }

  table(field: number): FlatTable | null {
    const at = this.#position(field);
    return at === null ? null : this.#follow(at);
  }

  tables(field: number): FlatTable[] {
    const at = this.#position(field);
    if (at === null) return [];
    const vector = at + this.view.getUint32(at, true);
    const length = this.view.getUint32(vector, true);
    if (length * 4 > this.view.byteLength) throw new RangeError('The vector is longer than the buffer');
    return Array.from({ length }, (_, index) => this.#follow(vector + 4 + index * 4));
  }

  #follow(at: number): FlatTable {
    return new FlatTable(this.view, at + this.view.getUint32(at, true));
  }

  #position(field: number): number | null {
    const vtable = this.start - this.view.getInt32(this.start, true);
    const entry = 4 + field * 2;
    if (entry >= this.view.getUint16(vtable, true)) return null;
    const offset = this.view.getUint16(vtable + entry, true);
    return offset === 0 ? null : this.start + offset;
  }
}

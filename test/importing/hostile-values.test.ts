import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '../../src/domain/catalog/attribute.ts';
import { canonicalJson, type JsonValue } from '../../src/lib/canonical-json.ts';
import { importPaths } from './import-paths.ts';
import { MemoryStore } from './memory-store.ts';
import { temporaryFile } from './temporary-file.ts';

/** A value as a file holds it, and the stored forms in which it is the same value. */
interface Cell {
  /** As a JSON literal. */
  readonly literal: string;
  /** Empty if no attribute can hold it: its row must be rejected. Undefined is an absent value. */
  readonly stored: readonly (AttributeValue | undefined)[];
}
type Row = Readonly<Record<string, Cell>>;

const COLUMNS = ['__proto__', 'constructor', 'plain'] as const;
const keyOf = (column: string): string => (column === '__proto__' ? 'proto' : column);

const storable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);
const NULL: Cell = { literal: 'null', stored: [undefined] };

const text = fc
  .oneof(
    fc.constantFrom(
      ' ',
      '\ufeff',
      '\ufeffx',
      'a\0b',
      '\ud800',
      '__proto__',
      '"',
      ',\r\n',
      '00501',
      '1e400',
      'NaN',
      'null',
      '+1',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ maxLength: 300 }),
  )
  .map((value): Cell => ({ literal: JSON.stringify(value), stored: storable(value) ? [value] : [] }));

const double = fc.oneof(
  fc.constantFrom(-0, 5e-324, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 1e21, Number.MAX_VALUE, 0.1 + 0.2),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const number = double.map((value): Cell => {
  const literal = Object.is(value, -0) ? '-0' : String(value);
  return { literal, stored: [value + 0, JSON.stringify(value), literal] };
});

/** More digits than a double has. */
const digits = fc
  .tuple(fc.boolean(), fc.stringMatching(/^[1-9][0-9]{17,30}[1-9]$/), fc.stringMatching(/^(\.[0-9]{0,20}[1-9])?$/))
  .map(([negative, whole, fraction]): Cell => {
    const literal = `${negative ? '-' : ''}${whole}${fraction}`;
    return { literal, stored: [literal] };
  });

const tooLarge = fc
  .constantFrom('1e400', '-1e400', '[1e999]', '{"a":{"b":-1e309}}')
  .map((literal): Cell => ({ literal, stored: [] }));

const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', ''), fc.string({ maxLength: 5 }));
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(null, true, 0, 0.1, 5e-324, '\ufeff', ' '),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 3 }).map((members): JsonValue => Object.fromEntries(members)),
  ),
}));
const document = json
  .filter((value) => value !== null && typeof value === 'object')
  .map((value): Cell => ({ literal: JSON.stringify(value), stored: [value, canonicalJson(value)] }));
const flag = fc.boolean().map((value): Cell => ({ literal: String(value), stored: [value, String(value)] }));

const rowsOf = (cell: fc.Arbitrary<Cell>): fc.Arbitrary<Row[]> =>
  fc.array(
    fc
      .record({ plain: cell, constructor: cell })
      .chain((row) => cell.map((proto) => ({ ...row, ['__proto__']: proto }))),
    {
      minLength: 1,
      maxLength: 6,
    },
  );

/** Columns of one kind of value, and columns of all kinds. */
const kinds = [text, number, digits, document, flag, fc.constant(NULL)];
const table = fc.oneof(...kinds.map((kind) => rowsOf(kind)), rowsOf(fc.oneof(...kinds, tooLarge)));

const describeCell = (value: AttributeValue | undefined): string =>
  value === undefined ? 'absent' : `${typeof value} ${canonicalJson(value as JsonValue)}`;

/** Imports the file. Each row is stored as it is, or rejected with its number and a reason if it cannot be. */
async function expectUnchanged(file: string, rows: readonly Row[]): Promise<void> {
  const store = new MemoryStore();
  const [summary] = await importPaths({
    files: [file],
    idBase: '0',
    tenantId: 1,
    catalog: store.catalog,
    writer: store.writer,
    limits: { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 10 },
  });
  const rejected = new Map<number, string>();
  if (summary?.rejectFile) {
    for (const line of readFileSync(summary.rejectFile, 'utf8').trim().split('\n')) {
      const { row, reason } = JSON.parse(line) as { row: number; reason: string };
      rejected.set(row, reason);
    }
  }
  expect(summary).toMatchObject({ rows: rows.length, rejected: rejected.size });
  for (const [index, row] of rows.entries()) {
    const number = index + 1;
    const cells = COLUMNS.map((column) => [keyOf(column), row[column] ?? NULL] as const);
    if (cells.some(([, { stored }]) => stored.length === 0)) {
      expect(rejected.get(number)).toMatch(/expected|contains/);
      continue;
    }
    expect(rejected.get(number)).toBeUndefined();
    const entity = store.entities.get(String(number)) ?? {};
    for (const [name, { stored }] of cells) {
      const found = Object.hasOwn(entity, name) ? entity[name] : undefined;
      expect(stored.map(describeCell)).toContain(describeCell(found));
    }
  }
}

const DECIMAL = /^-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;

/** What a text becomes if it is the cell of a CSV column of numbers, booleans or JSON. Spaces around those do not count. */
function typedForms(text: string): AttributeValue[] {
  const trimmed = text.trim();
  if (DECIMAL.test(trimmed) && Number.isFinite(Number(trimmed))) return [Number(trimmed) + 0];
  if (/^(?:true|false)$/i.test(trimmed)) return [trimmed.toLowerCase() === 'true'];
  try {
    const parsed: JsonValue = JSON.parse(trimmed);
    return parsed !== null && typeof parsed === 'object' ? [parsed] : [];
  } catch {
    return [];
  }
}

const objectLiteral = (row: Row): string =>
  `{${COLUMNS.map((column) => `${JSON.stringify(column)}:${(row[column] ?? NULL).literal}`).join(',')}}`;

/** Hundreds of files are written and read, on a machine that may be busy. */
describe('an import of hostile values', { timeout: 60_000 }, () => {
  it('changes none of them in NDJSON', async () => {
    await fc.assert(
      fc.asyncProperty(table, (rows) =>
        expectUnchanged(temporaryFile('hostile.ndjson', rows.map(objectLiteral).join('\n')), rows),
      ),
    );
  });

  it('changes none of them in JSON', async () => {
    await fc.assert(
      fc.asyncProperty(table, (rows) =>
        expectUnchanged(temporaryFile('hostile.json', `[${rows.map(objectLiteral).join(',\n')}]`), rows),
      ),
    );
  });

  it('changes none of them in CSV, in which every value is text', async () => {
    const toCsv = ({ literal, stored }: Cell): { written: string; cell: Cell } => {
      const isText = literal.startsWith('"');
      const value: unknown = isText ? JSON.parse(literal) : literal === 'null' ? '' : literal;
      const written = String(value);
      if (written === '') return { written, cell: NULL };
      if (!isText) return { written, cell: { literal, stored: [...stored, written] } };
      return { written, cell: { literal, stored: stored.length === 0 ? [] : [...stored, ...typedForms(written)] } };
    };
    // A file in UTF-8 cannot contain an unpaired surrogate.
    const writable = table.filter(
      (rows) => !rows.some((row) => COLUMNS.some((column) => /\\ud[89a-f]/i.test(row[column]?.literal ?? ''))),
    );
    const textOf = (value: string): Cell => ({ literal: JSON.stringify(value), stored: [value] });
    const example = (value: string): [Row[]] => [
      [{ plain: textOf('x'), constructor: textOf(''), ['__proto__']: textOf(value) }],
    ];
    await fc.assert(
      fc.asyncProperty(writable, async (rows) => {
        const cells = rows.map((row) => COLUMNS.map((column) => toCsv(row[column] ?? NULL)));
        const lines = cells.map((row) => row.map(({ written }) => `"${written.replaceAll('"', '""')}"`).join(','));
        const expected = cells.map(
          (row): Row => Object.fromEntries(COLUMNS.map((column, at) => [column, row[at]?.cell ?? NULL])),
        );
        await expectUnchanged(temporaryFile('hostile.csv', `${COLUMNS.join(',')}\n${lines.join('\n')}\n`), expected);
      }),
      { examples: ['0', ' -0 ', '.5', '1.50', 'True', ' {"a":[]}', '[]'].map(example) },
    );
  });

  it('changes none of them in Parquet', async () => {
    const moment = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const record = fc.record({
      text: fc.oneof(
        fc.constantFrom('\ufeff', '\ufeffx', ' ', ''),
        fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/\p{Surrogate}/u.test(value)),
      ),
      double,
      long,
      decimal: fc.oneof(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      ),
      bytes: fc.uint8Array({ maxLength: 20 }),
      moment,
      document: json,
    });
    const literalOf = (value: bigint): string => {
      const sign = value < 0n ? '-' : '';
      const all = String(value < 0n ? -value : value).padStart(6, '0');
      return `${sign}${all.slice(0, -5)}.${all.slice(-5)}`.replace(/\.?0+$/, '');
    };
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
        const file = temporaryFile(
          'hostile.parquet',
          new Uint8Array(
            parquetWriteBuffer({
              schema: [
                { name: 'root', num_children: 7 },
                { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
                { name: 'double', type: 'DOUBLE', repetition_type: 'REQUIRED' },
                { name: 'long', type: 'INT64', repetition_type: 'REQUIRED' },
                {
                  name: 'decimal',
                  type: 'FIXED_LEN_BYTE_ARRAY',
                  type_length: 16,
                  converted_type: 'DECIMAL',
                  scale: 5,
                  precision: 38,
                  repetition_type: 'REQUIRED',
                },
                { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED' },
                { name: 'moment', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
                { name: 'document', type: 'BYTE_ARRAY', logical_type: { type: 'JSON' }, repetition_type: 'REQUIRED' },
              ],
              columnData: [
                { name: 'text', data: records.map(({ text: value }) => value) },
                { name: 'double', data: records.map(({ double: value }) => value) },
                { name: 'long', data: records.map(({ long: value }) => value) },
                { name: 'decimal', data: records.map(({ decimal }) => decimal) },
                { name: 'bytes', data: records.map(({ bytes }) => bytes) },
                { name: 'moment', data: records.map(({ moment: value }) => value) },
                {
                  name: 'document',
                  data: records.map(({ document: value }) => new TextEncoder().encode(JSON.stringify(value))),
                },
              ],
            }),
          ),
        );
        const store = new MemoryStore();
        const [summary] = await importPaths({
          files: [file],
          idBase: '0',
          tenantId: 1,
          catalog: store.catalog,
          writer: store.writer,
          limits: { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 10 },
        });
        const unstorable = records.filter(({ text: value }) => !storable(value)).length;
        expect(summary).toMatchObject({ rows: records.length, rejected: unstorable });
        for (const [index, given] of records.entries()) {
          const entity = store.entities.get(String(index + 1));
          if (!storable(given.text)) continue;
          const decimal = literalOf(given.decimal);
          expect(entity?.text).toBe(given.text);
          expect(entity?.double).toBe(given.double + 0);
          expect(String(entity?.long)).toBe(String(given.long));
          const significant = decimal.replaceAll(/[-.]/g, '').replaceAll(/^0+|0+$/g, '').length;
          const forms =
            significant > 17 ? [decimal] : significant > 15 ? [decimal, Number(decimal)] : [Number(decimal), decimal];
          expect(forms).toContain(entity?.decimal);
          expect(entity?.bytes).toBe(Buffer.from(given.bytes).toString('base64'));
          expect(entity?.moment).toBe(given.moment.toISOString());
          const stored = [given.document, canonicalJson(given.document)].map((value) =>
            describeCell(value ?? undefined),
          );
          expect(stored).toContain(describeCell(entity?.document));
        }
      }),
    );
  });
});

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describePlan } from '../../src/importing/describe-plan.ts';
import { inspectFiles } from '../../src/importing/inspect-files.ts';
import { Spool } from '../../src/importing/sources/spool.ts';
import { attribute } from '../support/domain.ts';
import { tenantCatalog } from '../support/tenant-catalog.ts';

const limits = { maxAttributesPerEntity: 10 };
const catalog = tenantCatalog([
  attribute({ key: 'visits', type: 'NUMBER' }),
  attribute({ id: 2, key: 'at', type: 'NUMBER' }),
  attribute({ id: 3, key: 'sku', type: 'TEXT', keySalt: 'salt', entityTypes: ['product'] }),
]);

async function plan(content: string | Buffer, given: Partial<Parameters<typeof inspectFiles>[0]> = {}) {
  const spool = new Spool(Readable.from([Buffer.from(content)]));
  try {
    const request = { files: ['-'], spool, format: 'csv', type: 'page', limits, ...given };
    const { files } = await inspectFiles(request);
    return files.map((file) => describePlan(file, catalog)).join('\n');
  } finally {
    spool.close();
  }
}

describe('the plan of an import', () => {
  it('names the attribute of each column, its type, and the cells that decided it', async () => {
    const content = `Visits,Size,At,Note,Empty\n1,7,2024-05-31,${'long '.repeat(20)},\n2,n/a,2024-06-01,,\n`;
    expect(await plan(gzipSync(content))).toBe(
      [
        'stdin → page: 2 rows; ids from the content of each row',
        '  column  attribute  type       in the catalog  decided by',
        '  Visits  visits     NUMBER     is NUMBER       line 2: "1"',
        '  Size    size       TEXT       new             NUMBER line 2: "7"; TEXT line 3: "n/a"',
        '  At      page_at    TIMESTAMP  new             line 2: "2024-05-31"',
        '  Note    note       TEXT       new             line 2: "long long long long long long long long…',
        '  Empty   empty      -          new             no value: no attribute',
      ].join('\n'),
    );
  });

  it('says that entities are found by the key of their type', async () => {
    expect(await plan('sku,at\nA-1,3\n', { type: 'product' })).toContain(
      'stdin → product: 1 row; ids from the key sku\n',
    );
    await expect(plan('at\n3\n', { type: 'product' })).rejects.toThrow('no column for "sku"');
    await expect(plan('sku\nA-1\n', { type: 'product', keyColumns: ['sku'] })).rejects.toThrow('leave --key');
  });

  it('says where ids come from, and leaves out the column of the ids', async () => {
    const content = '{"id":7,"a":{"b":1}}\n';
    expect(await plan(content, { format: 'ndjson', idColumn: 'id' })).toBe(
      [
        'stdin → page: 1 row; ids in id',
        '  column  attribute  type  in the catalog  decided by',
        '  a       a          JSON  new             line 1: {"b":1}',
      ].join('\n'),
    );
    expect(await plan(content, { format: 'ndjson', keyColumns: ['id', 'a'] })).toContain('; ids from id, a\n');
    expect(await plan(content, { format: 'ndjson', idBase: '100' })).toContain('; ids from 101\n');
  });

  it('takes types from an export, which needs no name, and refuses to be told others', async () => {
    const content =
      'atlas:id,atlas:type,atlas:types,visits,code,note\n7,page,"{""visits"":""NUMBER"",""code"":""TEXT""}",1,007,2024-05-31\n';
    const lines = (await plan(content, { type: undefined })).split('\n');
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'stdin → an export: 1 row; ids and types as exported',
      ' column attribute type in the catalog decided by',
      ' visits visits NUMBER is NUMBER line 2: 1',
      ' code code TEXT new line 2: "007"',
      ' note note TIMESTAMP new line 2: "2024-05-31"',
    ]);
    for (const given of [
      { type: 'page' },
      { type: undefined, idBase: '1' },
      { type: undefined, keyColumns: ['code'] },
    ]) {
      await expect(plan(content, given)).rejects.toThrow(
        'stdin is an export, whose rows have types and ids of their own; leave out --type and the options for ids.',
      );
    }
    await expect(plan('a,b\n1,2\n', { type: undefined })).rejects.toThrow('has no name; set --format and --type');
    // An export of nothing has no rows that say what they are.
    expect(await plan('', { type: undefined, format: 'ndjson' })).toMatch(/^stdin → stdin: 0 rows/);
    await expect(plan('', { type: undefined, format: 'csv' })).rejects.toThrow('is empty; expected at least one row');
  });

  it('refuses an export with an attribute of another type than the tenant has, or with types that are none', async () => {
    const row = (types: string, format = '{"atlas:id":"7","atlas:type":"page","visits":"x","atlas:types":') =>
      plan(`${format}${types}}`, { type: undefined, format: 'ndjson' });
    await expect(row('{"visits":"TIMESTAMP"}')).rejects.toThrow(
      'The export has the attribute "visits" with type TIMESTAMP, but the tenant has it with type NUMBER',
    );
    await expect(row('{"visits":"INTEGER"}')).rejects.toThrow(
      'atlas:types in row 1 is not valid: expected types by keys',
    );
    await expect(row('"no JSON"')).rejects.toThrow('atlas:types in row 1 is not valid');
    const twice = '{"visits":"NUMBER"}}\n{"atlas:id":"8","atlas:type":"page","atlas:types":{"visits":"TEXT"}';
    await expect(row(twice)).rejects.toThrow('atlas:types in row 2 is not valid: "visits" has been NUMBER before');
  });
});

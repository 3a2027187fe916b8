import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Spool, STDIN } from '../../../src/importing/sources/spool.ts';
import { temporaryFile } from '../temporary-file.ts';

describe('Spool', () => {
  it('copies the standard input and pipes, which can be read once, and nothing else', async () => {
    const file = temporaryFile('a.csv', 'a\n1\n');
    const pipe = join(dirname(file), 'pipe.csv');
    execFileSync('mkfifo', [pipe]);
    const spool = new Spool(Readable.from(['a\n', '2\n']));
    const [stdin, piped] = await Promise.all([
      spool.pathOf(STDIN),
      spool.pathOf(pipe),
      new Promise<void>((resolve) => createWriteStream(pipe).end('a\n3\n', () => resolve())),
    ]);
    expect(await spool.pathOf(file)).toBe(file);
    expect([stdin, piped].map((path) => readFileSync(path, 'utf8'))).toEqual(['a\n2\n', 'a\n3\n']);
    spool.close();
    expect([stdin, piped, dirname(stdin), file].map(existsSync)).toEqual([false, false, false, true]);
  });

  it('leaves nothing behind if the input fails, or is not waited for any more', async () => {
    const failing = new Spool(
      Readable.from(
        (async function* () {
          yield 'a\n';
          throw new Error('cut off');
        })(),
      ),
    );
    await expect(failing.pathOf(STDIN)).rejects.toThrow('cut off');
    failing.close();
    const silent = new Spool(new Readable({ read() {} }));
    await expect(silent.pathOf(STDIN, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'AbortError' });
    silent.close();
  });
});

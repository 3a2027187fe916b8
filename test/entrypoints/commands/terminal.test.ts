import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Terminal } from '../../../src/entrypoints/commands/terminal.ts';

function written(properties: object = {}): { stream: NodeJS.WriteStream; output: () => string } {
  const through = new PassThrough({ encoding: 'utf8' });
  let output = '';
  through.on('data', (chunk: string) => {
    output += chunk;
  });
  const moves = { clearLine: () => true, cursorTo: () => true, moveCursor: () => true };
  return { stream: Object.assign(through, moves, properties) as unknown as NodeJS.WriteStream, output: () => output };
}

afterEach(() => vi.unstubAllEnvs());

describe('Terminal', () => {
  it('writes a line when a phase begins and one every five seconds if no line can be redrawn', () => {
    const { stream, output } = written();
    let now = 1_000;
    const terminal = new Terminal(stream, { now: () => now });
    terminal.progress('Migrating the schema');
    terminal.progress('Migrating the schema');
    for (let percent = 0; percent <= 100; percent++) {
      now += 110;
      terminal.progress('Loading the sample data', percent / 100);
    }
    terminal.say('Atlas is ready.');
    expect(output().split('\n')).toEqual([
      'Migrating the schema …',
      'Loading the sample data …',
      'Loading the sample data … 46 %',
      'Loading the sample data … 92 %',
      'Atlas is ready.',
      '',
    ]);
  });

  it('begins each of several phases at once only once', () => {
    const { stream, output } = written();
    const terminal = new Terminal(stream, { now: () => 1_000 });
    for (const state of ['1 entity', '2 entities', '3 entities']) {
      for (const shard of ['s0', 's1']) terminal.progress(`Erasing from shard ${shard}`, state);
    }
    expect(output()).toBe('Erasing from shard s0 …\nErasing from shard s1 …\n');
  });

  it('redraws one line on a terminal', () => {
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm');
    const { stream, output } = written({ isTTY: true, columns: 80 });
    const terminal = new Terminal(stream);
    terminal.progress('Loading the sample data', 0.4);
    terminal.progress('Loading the sample data', 0.5);
    terminal.clear();
    expect(output()).toContain('Loading the sample data … 40 %');
    expect(output()).not.toContain('\n');
  });

  it.each([
    ['has no width', { TERM: 'xterm' }, 0],
    ['cannot move its cursor', { TERM: 'dumb' }, 80],
    ['is the log of a build', { TERM: 'xterm', CI: 'true' }, 80],
  ])('writes lines on a terminal that %s', (_, environment, columns) => {
    vi.stubEnv('CI', undefined);
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { stream, output } = written({ isTTY: true, columns });
    const terminal = new Terminal(stream);
    for (const fraction of [0.1, 0.2, 0.3]) terminal.progress('Copying shard s0', fraction);
    terminal.clear();
    expect(output()).toBe('Copying shard s0 …\n');
  });
});

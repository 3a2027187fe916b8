import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutAtlas } from './atlas-process.ts';

const root = resolve(import.meta.dirname, '../..');
/** What the commands of the documents write into is copied, everything else is linked. */
const WRITTEN = ['examples', 'packages'];

/** Downloads nothing, and prints nothing of its own but errors. */
const QUIET_NPM = {
  npm_config_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_loglevel: 'error',
};

/** The blocks of code in a language in the section with this heading. @throws Error if there are none. */
export function blocksUnder(document: string, heading: string, language: string): [string, ...string[]] {
  const level = (line: string) => /^#+(?= )/.exec(line)?.[0].length ?? Number.POSITIVE_INFINITY;
  const blocks: string[] = [];
  let isInside = false;
  let open: { language: string; lines: string[] } | null = null;
  for (const line of readFileSync(join(root, document), 'utf8').split('\n')) {
    if (open === null) {
      if (line.startsWith('```')) open = { language: line.slice(3), lines: [] };
      else isInside = line === heading || (isInside && level(line) > level(heading));
    } else if (line === '```') {
      if (isInside && open.language === language) blocks.push(open.lines.join('\n'));
      open = null;
    } else open.lines.push(line);
  }
  const [first, ...others] = blocks;
  if (first === undefined) throw new Error(`${document} has no ${language} under ${heading}`);
  return [first, ...others];
}

/** The commands of a block of `sh`, without their comments. A line that is indented continues the one before. */
export function commandsIn(block: string): string[] {
  return block
    .split(/\n(?! )/)
    .map((command) => command.replace(/ {2,}# .*$/, '').trim())
    .filter((command) => command !== '' && !command.startsWith('#'));
}

/** A folder of Atlas in which documented commands may write. @param directory is made. */
export function checkout(directory: string): string {
  mkdirSync(directory);
  for (const name of readdirSync(root)) {
    if (WRITTEN.includes(name)) cpSync(join(root, name), join(directory, name), { recursive: true });
    else if (name !== '.git') symlinkSync(join(root, name), join(directory, name));
  }
  return directory;
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** The command without npx, which takes a second to find the same file: the first import of docs/importing.md is run with it. */
export function withoutNpx(command: string): string {
  return command.replace(/\bnpx atlas /, 'node bin/atlas.cjs ');
}

/** The command with values in the place of the dots: `NAME=…`. */
export function withValues(command: string, values: Readonly<Record<string, string>>): string {
  return command.replaceAll(/\b([A-Z_]+)=…/g, (text, name: string) =>
    values[name] === undefined ? text : `${name}='${values[name]}'`,
  );
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A command line that runs in a shell, as a person starts it. */
export class ShellProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #output = '';

  constructor(command: string, cwd: string, environment: Readonly<Record<string, string>> = {}) {
    const env = { ...withoutAtlas(process.env), ...QUIET_NPM, ...environment };
    // In a group of its own, so that what the shell and npx start can be stopped as well.
    this.#child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += String(chunk);
      });
    }
    this.#exit = new Promise((done) => this.#child.once('close', done));
  }

  /** What it has printed once that matches; rejects if it ends or 30 seconds pass before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`It has not said ${pattern}, but:\n${this.#output}`);
      }
      await sleep(50);
    }
  }

  /** Waits until it ends by itself. */
  async ended(): Promise<Ran> {
    return { code: await this.#exit, output: this.#output };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode === null && signalCode === null && pid !== undefined) process.kill(-pid, signal);
    await this.#exit;
  }
}

/** Runs a command line until it ends. @returns what it printed on both streams. */
export function runInShell(
  command: string,
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new ShellProcess(command, cwd, environment).ended();
}

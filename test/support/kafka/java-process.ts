import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Small and quick to start: these are tests. */
const FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];

export interface JavaProcessOptions {
  readonly name: string;
  readonly java: string;
  readonly classPath: string;
  readonly heapMb: number;
  readonly main: string;
  readonly arguments: readonly string[];
  /** Contains its log. */
  readonly folder: string;
  readonly isReady: () => Promise<boolean>;
}

/** A program of Kafka's that can be killed and started again. */
export class JavaProcess {
  readonly #options: JavaProcessOptions;
  #child: ChildProcess | null = null;

  constructor(options: JavaProcessOptions) {
    this.#options = options;
  }

  /** Of the running process; NaN: it does not run. */
  get pid(): number {
    return this.#child?.pid ?? Number.NaN;
  }

  /** Resolves when it is ready. @throws Error with the end of its log if it ends before, or is not ready in time. */
  async start(timeoutMs = 120_000): Promise<void> {
    const { java, classPath, heapMb, main, folder, isReady, name } = this.#options;
    const log = openSync(this.#log, 'a');
    const child = spawn(
      java,
      [...FLAGS, `-Xmx${heapMb}m`, `-Datlas.folder=${folder}`, '-cp', classPath, main, ...this.#options.arguments],
      {
        cwd: folder,
        stdio: ['ignore', log, log],
        env: { ...process.env, CLASSPATH: '' },
      },
    );
    closeSync(log);
    this.#child = child;
    const until = performance.now() + timeoutMs;
    while (!(await isReady().catch(() => false))) {
      if (child.exitCode !== null) throw new Error(`${name} has ended:\n${this.tail()}`);
      if (performance.now() > until) throw new Error(`${name} is not ready:\n${this.tail()}`);
      await delay(100);
    }
  }

  /** Without a chance to say goodbye. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** The end of its log. */
  tail(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').slice(-4_000) : '';
  }

  get #log(): string {
    return join(this.#options.folder, `${this.#options.name}.log`);
  }
}

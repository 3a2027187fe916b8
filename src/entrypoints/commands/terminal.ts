import ora, { type Ora } from 'ora';

/** Shows progress: redrawn in place on a terminal; otherwise one line per phase and per 10 %. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #spinner: Ora | null;
  #lastLine = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // discardStdin would take over Ctrl-C.
    // On a terminal that reports 0 columns, ora would count lines endlessly.
    this.#spinner = stream.isTTY && stream.columns > 0 ? ora({ stream, discardStdin: false }) : null;
  }

  /** @param fraction from 0 to 1; omitted if unknown. */
  progress(phase: string, fraction?: number): void {
    if (this.#spinner !== null) {
      this.#spinner.text = fraction === undefined ? `${phase} …` : `${phase} … ${Math.floor(fraction * 100)} %`;
      if (!this.#spinner.isSpinning) this.#spinner.start();
      return;
    }
    const line = fraction === undefined ? phase : `${phase} … ${Math.floor(fraction * 10) * 10} %`;
    if (line === this.#lastLine) return;
    this.#lastLine = line;
    this.#stream.write(`${line}\n`);
  }

  /** Removes the progress. */
  clear(): void {
    this.#spinner?.stop();
  }

  /** Prints a message that stays; progress continues below it. */
  say(message: string): void {
    this.clear();
    this.#stream.write(`${message}\n`);
  }
}

import ora, { type Ora } from 'ora';

/** Progress for people: redrawn in place on a terminal, a line per phase and tenth elsewhere. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #spinner: Ora | null;
  #lastLine = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // discardStdin would take over Ctrl-C.
    // A terminal that claims to have no columns would make ora count its lines for ever.
    this.#spinner = stream.isTTY && stream.columns > 0 ? ora({ stream, discardStdin: false }) : null;
  }

  /** @param fraction from 0 to 1, where it is known. */
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

  /** Takes the progress away. */
  clear(): void {
    this.#spinner?.stop();
  }

  /** A message that stays; progress goes on below it. */
  say(message: string): void {
    this.clear();
    this.#stream.write(`${message}\n`);
  }
}

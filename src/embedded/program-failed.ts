/** A Postgres program failed. */
export class ProgramFailed extends Error {
  readonly stderr: string;

  constructor(program: string, outcome: string, stderr: string) {
    super(`${program} ${outcome}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    this.name = 'ProgramFailed';
    this.stderr = stderr;
  }
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAMPLE_DATA_VERSION } from '../../importing/sample-data/load-sample-data.ts';

/** Records in the home that all sample data of this version was loaded into this installation. */
export class SampleMarker {
  readonly #path: string;
  readonly #content: string;

  constructor(home: string, clusterId: string) {
    this.#path = join(home, 'sample-data');
    this.#content = `version ${SAMPLE_DATA_VERSION} in ${clusterId}\n`;
  }

  isSet(): boolean {
    return existsSync(this.#path) && readFileSync(this.#path, 'utf8') === this.#content;
  }

  set(): void {
    writeFileSync(this.#path, this.#content);
  }
}

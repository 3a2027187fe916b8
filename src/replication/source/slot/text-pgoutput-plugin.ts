import { type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import { BinaryReader } from 'pg-logical-replication/dist/output-plugins/pgoutput/binary-reader.js';
import { CDC_PUBLICATION } from './publication.ts';

const asText = (text: string): string => text;
const NOTHING: Pgoutput.MessageOrigin = { tag: 'origin', originLsn: null, originName: '' };

/** The library's own decoder drops U+FEFF at the beginning of a text, which is a character like any other to Postgres. */
BinaryReader.prototype.decodeText = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** Decodes pgoutput and leaves every value as the text that Postgres sent. */
export class TextPgoutputPlugin extends PgoutputPlugin {
  readonly #onUndecodable: (error: unknown) => void;

  /** @param onUndecodable called instead of throwing, because an exception could not be caught and would end the process. */
  constructor(onUndecodable: (error: unknown) => void) {
    super({ protoVersion: 1, publicationNames: [CDC_PUBLICATION], messages: true });
    this.#onUndecodable = onUndecodable;
  }

  override parse(buffer: Buffer): Pgoutput.Message {
    try {
      const message = super.parse(buffer);
      // The decoder keeps this object to decode the relation's rows with.
      if (message.tag === 'relation') for (const column of message.columns) column.parser = asText;
      return message;
    } catch (error) {
      this.#onUndecodable(error);
      return NOTHING;
    }
  }
}

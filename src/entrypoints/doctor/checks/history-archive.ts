import { randomBytes } from 'node:crypto';
import { hasOwnS3Endpoint } from '../../../config/s3-endpoint.ts';
import { openObjectStore } from '../../../connections/objects/open-object-store.ts';
import { fail, ok } from '../finding.ts';
import type { Check } from '../patient.ts';

/** Whether the archive of the history can be written, read and emptied. Nothing if there is none. */
export const historyArchive: Check = {
  title: 'archive of the history',
  async examine({ settings: { ATLAS_HISTORY_ARCHIVE: place } }) {
    if (place === undefined) return [];
    const store = await openObjectStore(place, hasOwnS3Endpoint());
    const name = `doctor-${randomBytes(8).toString('hex')}`;
    const content = new TextEncoder().encode('atlas doctor');
    try {
      await store.write(name, contentOf(content));
      const found = await store.open(name);
      const isSame = found !== null && Buffer.from(await found.slice(0)).equals(content);
      const isListed = (await store.list(name)).includes(name);
      await store.remove([name]);
      if (isSame && isListed) return [ok(`The archive of the history (${store.place}) can be written and read.`)];
      return [
        fail(`The archive of the history (${store.place}) does not have what was written to it; use another one.`),
      ];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [
        fail(
          `The archive of the history cannot be written, read or emptied: ${reason.replace(/\.?$/, '.')} No change is removed meanwhile.`,
        ),
      ];
    }
  },
};

async function* contentOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

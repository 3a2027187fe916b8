import { createSecretKey } from 'node:crypto';
import { tokenScope } from '../../src/freshness/consistency-token.ts';

/** A key that only tests have. */
export const SIGNING_KEY = createSecretKey(Buffer.alloc(32, 7));

/** The key of another installation. */
export const OTHER_KEY = createSecretKey(Buffer.alloc(32, 8));

/** An installation with the given shards. */
export const testScope = (...shards: string[]) => tokenScope(SIGNING_KEY, shards);

import { codesOf } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import { ATTRIBUTES } from '../model/schema.ts';
import type { World } from '../model/world.ts';

const DEFINE = 'mutation ($input: DefineAttributeInput!) { defineAttribute(input: $input) { definition { key } } }';

/** @throws Error if one cannot be defined; NoAnswer */
export async function defineAttributes(client: Client, url: string, tenant: number): Promise<void> {
  for (const input of ATTRIBUTES) {
    const answer = await client.ask(url, tenant, { query: DEFINE, variables: { input } });
    if (answer.errors.length > 0) throw new Error(`${input.key} cannot be defined: ${JSON.stringify(answer.errors)}`);
  }
}

const MOST_LATE = 10;

/** Defines one more attribute, which writers use from then on through the same process: others may not know it yet. @throws NoAnswer */
export async function defineLate(world: World, client: Client, url: string, tenant: number): Promise<void> {
  const key = `late_${world.late(tenant).length + 1}`;
  if (world.late(tenant).length >= MOST_LATE) return;
  const answer = await client.ask(url, tenant, { query: DEFINE, variables: { input: { key, type: 'TEXT' } } });
  if (codesOf(answer).length === 0) world.definedLate(tenant, { key, url });
}

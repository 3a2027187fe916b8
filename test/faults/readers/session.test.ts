import { describe, expect, it } from 'vitest';
import type { Answer } from '../client/answer.ts';
import { EntityHistory } from '../model/entity-history.ts';
import { bothClaims, type TokenClaim } from '../model/world.ts';
import { Session } from './session.ts';

function answer(token: string): Answer {
  return {
    request: { query: '', variables: {}, headers: {} },
    ...{ url: '', sentAt: 0, answeredAt: 1, status: 200, headers: {}, data: {}, errors: [] },
    freshness: { servedClass: null, maxLagMs: null, health: 'HEALTHY', reads: [], token },
  };
}

const entity = new EntityHistory(1, '7', 's0');
const [first, second] = [10, 30].map((at) => {
  const version = entity.sending({ type: 'thing', attributes: { at } }, at);
  entity.acknowledged(version, at + 5);
  return version;
});
if (first === undefined || second === undefined) throw new RangeError('Two versions were written');

describe('a client that carries tokens', () => {
  it('must see again what it has seen', () => {
    const session = new Session(1);
    session.saw(answer('one'), [[entity, first]], null);
    expect(session.claim).toMatchObject({ token: 'one', floors: new Map([[entity, first]]) });
    session.saw(answer('two'), [], session.claim ?? null);
    expect(session.claim).toMatchObject({ token: 'two', floors: new Map([[entity, first]]) });
    session.saw(answer('three'), [[entity, second]], session.claim ?? null);
    expect(session.claim).toMatchObject({ token: 'three', floors: new Map([[entity, second]]) });
  });

  it('keeps its token if an answer does not continue it', () => {
    const session = new Session(1);
    session.saw(answer('one'), [[entity, second]], null);
    session.saw(answer('older'), [[entity, first]], null);
    expect(session.claim?.token).toBe('one');
  });

  it('must see what either of two tokens demands', () => {
    const claim = (token: string, version: typeof first, includes: number): TokenClaim => ({
      ...{ token, tenant: 1, floors: new Map([[entity, version]]), includes: new Map([['s0', includes]]) },
    });
    const both = { token: 'a,b', floors: new Map([[entity, second]]), includes: new Map([['s0', 9]]) };
    expect(bothClaims(claim('a', first, 9), claim('b', second, 4))).toMatchObject(both);
    expect(bothClaims(claim('a', second, 4), claim('b', first, 9))).toMatchObject(both);
  });
});

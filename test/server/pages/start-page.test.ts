import { describe, expect, it } from 'vitest';
import { buildAdminApp, buildApp } from '../../../src/server/build-app.ts';
import { appOptions } from '../../support/http-app.ts';

const answer = () => ({ status: 200, headers: new Map<string, string>(), body: '' });
const page = await buildApp(appOptions(answer)).inject('/');

describe('the start page', () => {
  it('needs nothing from the network', () => {
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).not.toMatch(/https?:\/\/|src=|@import|url\(/);
  });

  it('may run only its own script and style', () => {
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'sha256-[^']+';/);
    expect(policy).not.toContain('unsafe');
    expect(page.body).not.toMatch(/\son[a-z]+="|\sstyle="/);
  });

  it('links to other paths relative to itself, so that a proxy may add a prefix', () => {
    expect(page.body).not.toMatch(/(?:href="|fetch\(')\//);
  });

  it('links to the explorer unless GraphQL has another port', async () => {
    expect(page.body).toContain('href="explorer"');
    const admin = buildAdminApp(appOptions(answer, { environment: { ATLAS_ADMIN_PORT: '1' } }));
    expect((await admin.inject('/')).body).not.toContain('explorer');
    expect((await admin.inject('/explorer')).statusCode).toBe(404);
  });
});

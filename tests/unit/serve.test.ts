import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { find, siteServer, typeOf } from '../../src/serve.ts';

let outer: string;
let site: string;
let server: Server;
let port: number;

beforeAll(async () => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), 'trialboot-serve-')));
  site = join(outer, 'dist');
  mkdirSync(join(site, 'scripts'), { recursive: true });
  mkdirSync(join(site, 'empty'));
  mkdirSync(join(outer, 'dist-secret'));
  writeFileSync(join(outer, 'secret.txt'), 'secret');
  writeFileSync(join(outer, 'dist-secret/secret.txt'), 'secret');
  writeFileSync(join(site, 'index.html'), '<p>start</p>');
  writeFileSync(join(site, '404.html'), '<p>no such page</p>');
  writeFileSync(join(site, 'scripts/index.html'), '<p>scripts</p>');
  writeFileSync(join(site, 'scripts/x y.sh'), 'echo ü\n');
  writeFileSync(join(site, 'scripts/SHA256SUMS'), 'sum\n');
  symlinkSync(join(outer, 'secret.txt'), join(site, 'link.txt'));
  server = siteServer(site);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  rmSync(outer, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
/** The path goes over the wire as it is given; fetch() would tidy it. */
const get = (path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> =>
  new Promise((done, fail) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }));
    })
      .on('error', fail)
      .end();
  });

describe('files', () => {
  test('a folder is its index, with a type, a length and a strict policy', async () => {
    const { status, headers, body } = await get('/');
    expect([status, body]).toEqual([200, '<p>start</p>']);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-length']).toBe('12');
    expect(headers['x-content-type-options']).toBe('nosniff');
    // WebAssembly may be compiled (the search); text never becomes a script or a style.
    expect(headers['content-security-policy']).not.toMatch(/'unsafe-(inline|eval)'/);
    expect(headers['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval';");
  });

  test('escaped names and queries are understood, and a script is text to be read', async () => {
    const { status, headers, body } = await get('/scripts/x%20y.sh?download=1');
    expect([status, body]).toEqual([200, 'echo ü\n']);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['content-length']).toBe('8');
  });

  test.each([
    ['a.html', 'text/html; charset=utf-8'],
    ['a.css', 'text/css; charset=utf-8'],
    ['a.js', 'text/javascript; charset=utf-8'],
    ['a.json', 'application/json; charset=utf-8'],
    ['a.svg', 'image/svg+xml'],
    ['favicon.ico', 'image/x-icon'],
    ['SHA256SUMS', 'text/plain; charset=utf-8'],
    ['a.unknown', 'application/octet-stream'],
  ])('%s is %s', (file, type) => expect(typeOf(file)).toBe(type));

  test('HEAD has the headers of GET and no body', async () => {
    const [head, full] = [await get('/scripts/', 'HEAD'), await get('/scripts/')];
    expect([head.status, head.body]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(full.headers['content-length']);
    expect(head.headers.etag).toBe(full.headers.etag);
  });

  test('an unchanged file is 304, a changed one is sent', async () => {
    const { etag } = (await get('/')).headers;
    expect(await get('/', 'GET', { 'If-None-Match': etag! })).toMatchObject({ status: 304, body: '' });
    expect(await get('/', 'GET', { 'If-None-Match': `W/${etag}, "other"` })).toMatchObject({ status: 304 });
    expect(await get('/', 'GET', { 'If-None-Match': '"other"' })).toMatchObject({ status: 200 });
  });

  test('a folder without its slash is redirected, and never to another host', async () => {
    expect(await get('/scripts')).toMatchObject({ status: 301, headers: { location: '/scripts/' } });
    expect(await get('//scripts')).toMatchObject({ status: 301, headers: { location: '/scripts/' } });
    expect(find(site, '//scripts?to=//elsewhere.example')).toEqual({ redirect: '/scripts/' });
  });
});

describe('what is not there', () => {
  test.each(['/gone', '/gone/', '/index.html/', '/empty/', '/scripts/gone.sh', '/.git/config'])('%s is the 404 page', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: '<p>no such page</p>', headers: { 'content-type': 'text/html; charset=utf-8' } });
  });

  test.each([
    '/../secret.txt',
    '/scripts/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2E%2Fsecret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/scripts/%2e%2e/%2e%2e/secret.txt',
    '/../dist-secret/secret.txt',
    '/%00',
    '/%',
    '/%c3%28',
  ])('%s is refused', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain('secret');
  });

  test('a link out of the site is not followed', async () => {
    expect(await get('/link.txt')).toMatchObject({ status: 404 });
  });

  test('other methods are refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await get('/', method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  test('a folder without a built site is an error that says what to do', () => {
    expect(() => siteServer(join(outer, 'nowhere'))).toThrow('npm run build');
    expect(() => siteServer(join(site, 'empty'))).toThrow('npm run build');
  });
});

describe('the command', () => {
  /** Runs scripts/serve.ts until it ends or prints its address; `stop` ends it then. */
  const serve = (args: string[], env: Record<string, string> = {}, stop?: NodeJS.Signals) =>
    new Promise<{ code: number | null; out: string; err: string; body: string }>((done) => {
      const { PORT: _, ...inherited } = process.env;
      const child = spawn(process.execPath, [join(ROOT, 'scripts/serve.ts'), ...args], { env: { ...inherited, ...env } });
      let [out, err, body] = ['', '', ''];
      child.stderr.on('data', (part) => (err += part));
      child.stdout.on('data', async (part) => {
        out += part;
        if (!stop || !out.includes('\n')) return;
        const { port } = new URL(out.split(' ')[0]!);
        body = await (await fetch(`http://127.0.0.1:${port}/`)).text();
        child.kill(stop);
      });
      child.on('close', (code) => done({ code, out, err, body }));
    });

  test.each(['SIGINT', 'SIGTERM'] as const)('prints its address, serves, and ends cleanly on %s', async (signal) => {
    const { code, out, body } = await serve(['--port', '0', '--dir', site], {}, signal);
    expect(out).toMatch(/^http:\/\/localhost:[0-9]+\/ /);
    expect(body).toBe('<p>start</p>');
    expect(code).toBe(0);
  });

  test('takes the port from PORT, and --port before it', async () => {
    expect((await serve(['--dir', site], { PORT: 'x1' })).err).toBe("serve: 'x1' is not a port; give a number from 0 to 65535\n");
    expect((await serve(['--dir', site, '--port', '0'], { PORT: 'x1' }, 'SIGINT')).code).toBe(0);
    expect(await serve(['--dir', site, '--port', '65536'])).toMatchObject({ code: 1 });
  });

  test('says that the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const taken = String((other.address() as AddressInfo).port);
    const { code, out, err } = await serve(['--dir', site, '--port', taken]);
    other.close();
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(`serve: port ${taken} is taken; stop what uses it, or choose another with --port\n`);
  });

  test('says that there is no built site, and which options exist', async () => {
    expect(await serve(['--dir', join(outer, 'nowhere')])).toMatchObject({ code: 1, err: expect.stringContaining('run npm run build first') });
    expect(await serve(['--prot', '1'])).toMatchObject({ code: 1, err: expect.stringContaining('options are --port N') });
  });
});

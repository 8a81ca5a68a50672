/**
 * A small static server for dist/: for reading the site on this machine and for the tests. It does what a real web
 * server in front of the site should do (types, 404 page, ETag, a strict Content-Security-Policy) and nothing else.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

const TYPES: { [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.xml': 'application/xml; charset=utf-8',
  '.wasm': 'application/wasm',
  // Scripts and sums are to be read before they are run, so a browser shows them.
  '.sh': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
};

/** Everything from this site, no inline styles or scripts: the pages must live with it. The engine of the search is WebAssembly. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Content type of a file, by its name. */
export const typeOf = (file: string): string =>
  TYPES[extname(file)] ?? (/SHA256SUMS$/.test(file) ? 'text/plain; charset=utf-8' : 'application/octet-stream');

/** What the site has at an address. */
type Found = { file: string } | { redirect: string } | { status: 400 | 404 };

const inside = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

/**
 * Finds the file for a request's address.
 * @param root the site's folder, as realpath gives it
 * @param url path and query as they came over the wire
 */
export function find(root: string, url: string): Found {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
  } catch {
    return { status: 400 };
  }
  if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return { status: 400 };
  const parts = path.split('/').filter((p) => p !== '');
  // Browsers resolve dots themselves; who sends them wants something else.
  if (parts.some((p) => p === '..' || p === '.')) return { status: 400 };
  const wanted = join(root, ...parts);
  if (!existsSync(wanted)) return { status: 404 };
  // A link that leads out of the site is not part of it.
  const real = realpathSync(wanted);
  if (!inside(root, real)) return { status: 404 };
  if (statSync(real).isFile()) return path.endsWith('/') ? { status: 404 } : { file: real };
  // Built from the parts, not from the path: `//host` as a Location would lead to another host.
  if (!path.endsWith('/')) return { redirect: `/${parts.map(encodeURIComponent).join('/')}/` };
  const index = join(real, 'index.html');
  return existsSync(index) ? { file: index } : { status: 404 };
}

function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: Buffer): void {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Cache-Control', 'no-cache');
  const known = request.headers['if-none-match']?.split(',').some((t) => t.trim().replace(/^W\//, '') === etag);
  if (status === 200 && known) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const plain = (words: string): Buffer => Buffer.from(`${words}\n`);
const TEXT = 'text/plain; charset=utf-8';

function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('Referrer-Policy', 'no-referrer');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    send(request, response, 405, TEXT, plain('only GET and HEAD'));
    return;
  }
  const found = find(root, request.url ?? '/');
  if ('file' in found) {
    send(request, response, 200, typeOf(found.file), readFileSync(found.file));
  } else if ('redirect' in found) {
    response.setHeader('Location', found.redirect);
    send(request, response, 301, TEXT, plain(`see ${found.redirect}`));
  } else if (found.status === 400) {
    send(request, response, 400, TEXT, plain('bad address'));
  } else {
    const page = join(root, '404.html');
    const exists = existsSync(page);
    send(request, response, 404, exists ? typeOf(page) : TEXT, exists ? readFileSync(page) : plain('not found'));
  }
}

/**
 * A server for a built site; call listen() on it.
 * @param folder the site, for example dist; throws if it is not there
 */
export function siteServer(folder: string): Server {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new Error(`${folder} holds no built site (no index.html); run npm run build first`);
  }
  const root = realpathSync(folder);
  return createServer((request, response) => {
    try {
      answer(root, request, response);
    } catch (error) {
      // A file that vanished between two looks, or cannot be read. The next request may do better.
      console.error(`serve: ${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': TEXT });
      response.end('error\n');
    }
  });
}

/** The built site behind its own server, on loopback. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { siteServer } from '../../src/serve.ts';
import { builtSite } from '../browser/built-site.ts';

/**
 * @param form as {@link builtSite} has it
 * @returns `origin` without a slash at its end; `close` ends the server and what is still connected
 */
async function serveSite(form: 'plain' | 'evidence'): Promise<{ origin: string; close: () => void }> {
  const server: Server = siteServer(await builtSite(form));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Serves the site while the tests of a file run. @returns its origin, known once they run */
export function siteDuringTests(form: 'plain' | 'evidence'): { readonly origin: string } {
  let site: Awaited<ReturnType<typeof serveSite>> | undefined;
  beforeAll(async () => {
    site = await serveSite(form);
  }, 300_000);
  afterAll(() => site?.close());
  return {
    get origin() {
      if (!site) throw new Error('the site is served once the tests run');
      return site.origin;
    },
  };
}

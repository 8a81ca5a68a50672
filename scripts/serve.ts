/** `npm start`: serves dist/ on http://localhost:4321/. Options: --port N (or PORT), --host ADDRESS, --dir FOLDER. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { siteServer } from '../src/serve.ts';
import { ROOT } from './lib/project.ts';

const fail = (words: string): never => {
  console.error(`serve: ${words}`);
  process.exit(1);
};

function options(): { port: number; host: string; dir: string } {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ options: { port: text, host: text, dir: text } });
    const wanted = values.port ?? process.env['PORT'] ?? '4321';
    const port = /^\d{1,5}$/.test(wanted) ? Number(wanted) : -1;
    if (port < 0 || port > 65535) fail(`'${wanted}' is not a port; give a number from 0 to 65535`);
    return { port, host: values.host ?? '127.0.0.1', dir: values.dir ?? join(ROOT, 'dist') };
  } catch (error) {
    return fail(`${(error as Error).message.split('. ')[0]}; options are --port N, --host ADDRESS, --dir FOLDER`);
  }
}

const { port, host, dir } = options();
let server: ReturnType<typeof siteServer>;
try {
  server = siteServer(dir);
} catch (error) {
  fail((error as Error).message);
}
server!.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EADDRINUSE') fail(`port ${port} is taken; stop what uses it, or choose another with --port`);
  if (error.code === 'EACCES') fail(`port ${port} needs root; choose one above 1023 with --port`);
  fail(error.message);
});
server!.listen(port, host, () => {
  const address = server.address();
  const shown = host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  console.log(`http://${shown}:${typeof address === 'object' && address ? address.port : port}/  (Ctrl-C stops it)`);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

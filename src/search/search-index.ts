/**
 * Astro integration: the index of the site's search, written by Pagefind from the finished pages. Of what Pagefind brings for browsers
 * only the engine is kept: the page /search/ shows what it finds by itself.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { close, createIndex } from 'pagefind';
import { indexed } from './indexed.ts';

/** Folder of the index within the site. */
const SEARCH_FOLDER = 'pagefind';

/** Ready-made interfaces of Pagefind's: 400 KB that nothing here asks for. */
const INTERFACE = /(?:-ui|component-ui|-highlight)\.(?:js|css)$/;

/** What Pagefind answered. @throws Error with what it complains of */
function answered<T extends { errors: string[] }>(what: string, response: T): T {
  if (response.errors.length > 0) throw new Error(`search index: ${what}: ${response.errors.join('; ')}`);
  return response;
}

export function searchIndex(): AstroIntegration {
  return {
    name: 'search-index',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        const root = fileURLToPath(dir);
        try {
          const { index } = answered('making it', await createIndex());
          if (!index) throw new Error('search index: Pagefind made none');
          let pages = 0;
          for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.html'))) {
            const content = indexed(readFileSync(join(root, file), 'utf8'));
            if (content === undefined) continue;
            answered(`reading ${file}`, await index.addHTMLFile({ sourcePath: file.split(sep).join('/'), content }));
            pages += 1;
          }
          if (pages === 0) throw new Error('search index: no page asks to be found. Mend: the main part of a page has to carry data-pagefind-body');
          const { files } = answered('writing it', await index.getFiles());
          for (const { path, content } of files.filter((f) => !INTERFACE.test(f.path))) {
            const to = join(root, SEARCH_FOLDER, path);
            mkdirSync(dirname(to), { recursive: true });
            writeFileSync(to, content);
          }
          logger.info(`${pages} pages can be searched`);
        } finally {
          await close();
        }
      },
    },
  };
}

/** Astro integration: beside each page its Markdown copy, and llms.txt at the root. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { type Listed, llmsText, pageCopy } from './page-copy.ts';

export function markdownCopies(): AstroIntegration {
  return {
    name: 'markdown-copies',
    hooks: {
      'astro:build:done': ({ dir, logger }) => {
        const root = fileURLToPath(dir);
        const pages: Listed[] = [];
        for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => f === 'index.html' || f.endsWith(`${sep}index.html`))) {
          const copy = pageCopy(readFileSync(join(root, file), 'utf8'));
          if (!copy) continue;
          const folder = relative(root, join(root, file, '..')).split(sep).join('/');
          const path = folder === '' ? '/' : `/${folder}/`;
          writeFileSync(join(root, folder, 'index.md'), copy.markdown);
          pages.push({ title: copy.title, description: copy.description, path });
        }
        writeFileSync(join(root, 'llms.txt'), llmsText(pages));
        logger.info(`${pages.length} pages as Markdown, listed in llms.txt`);
      },
    },
  };
}

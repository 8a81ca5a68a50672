import mdx from '@astrojs/mdx';
import { satteri } from '@astrojs/markdown-satteri';
import { defineConfig } from 'astro/config';
import { markdownCopies } from './src/markdown/copies.ts';
import { codeBlock } from './src/markdown/code-block.ts';
import { THEMES } from './src/markdown/palette.ts';
import { searchIndex } from './src/search/search-index.ts';

// `site` is not set: nobody knows yet where this will live, so every link is a path.
export default defineConfig({
  trailingSlash: 'always',
  // Files of their own, never inlined: a Content-Security-Policy without unsafe-inline must hold.
  build: { format: 'directory', inlineStylesheets: 'never' },
  // The default drops blanks at line ends between words and links, and the words run together.
  compressHTML: true,
  vite: {
    build: {
      assetsInlineLimit: 0,
      // Astro's own marks in each .mdx, which it reads before the bundler complains about them: one warning a step.
      rolldownOptions: {
        onLog: (level, log, print) => {
          if (log.code !== 'MODULE_LEVEL_DIRECTIVE') print(level, log);
        },
      },
    },
  },
  devToolbar: { enabled: false },
  integrations: [mdx({ optimize: true }), markdownCopies(), searchIndex()],
  markdown: {
    processor: satteri({
      // Smart punctuation turns --yes into a dash and curls quotes that readers copy.
      features: { smartPunctuation: false, headingAttributes: true },
    }),
    syntaxHighlight: 'shiki',
    shikiConfig: { theme: THEMES.light, langs: ['bash'], transformers: [codeBlock] },
  },
});
